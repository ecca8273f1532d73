import sys

import keras
import numpy as np
from keras import layers


class Batches(keras.utils.PyDataset):
    def __init__(self, lines, size, shuffles):
        super().__init__()
        self.rows = [[numbers.get(word, 1) for word in words] for _, words in lines]
        self.labels = np.array([label for label, _ in lines])
        self.order, self.size, self.shuffles = np.arange(len(lines)), size, shuffles
        self.on_epoch_end()

    def __len__(self):
        return -(-len(self.rows) // self.size)

    def __getitem__(self, index):
        chosen = self.order[index * self.size : (index + 1) * self.size]
        rows = [self.rows[row] for row in chosen]
        return keras.utils.pad_sequences(rows, padding="post"), self.labels[chosen]

    def on_epoch_end(self):
        if self.shuffles:
            np.random.shuffle(self.order)


def read(path):
    with open(path) as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    return [(int(label), text.split(" ")) for label, text in rows]


keras.utils.set_random_seed(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
lines = read("data/texts-train.tsv")
vocabulary = sorted({word for _, words in lines for word in words})
numbers = {word: index for index, word in enumerate(vocabulary, 2)}
model = keras.Sequential(
    [layers.Embedding(len(numbers) + 2, 32, mask_zero=True), layers.GRU(64), layers.Dense(2)]
)
model.compile(
    keras.optimizers.Adam(3e-3),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
model.fit(Batches(lines, 64, True), epochs=6, verbose=0)
test = Batches(read("data/texts-test.tsv"), 256, False)
print("accuracy", model.evaluate(test, verbose=0)[1])
