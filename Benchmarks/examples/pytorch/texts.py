import sys

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.utils.data import DataLoader


class Reader(nn.Module):
    def __init__(self, vocabulary_size):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, 32, padding_idx=0)
        self.gru = nn.GRU(32, 64, batch_first=True)
        self.head = nn.Linear(64, 2)

    def forward(self, tokens, lengths):
        packed = pack_padded_sequence(
            self.embedding(tokens), lengths, batch_first=True, enforce_sorted=False
        )
        return self.head(self.gru(packed)[1][0])


def read(path):
    with open(path) as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    return [(int(label), text.split(" ")) for label, text in rows]


def encode(lines):
    return [
        (torch.tensor([numbers.get(word, 1) for word in words]), label) for label, words in lines
    ]


def collate(examples):
    rows, labels = zip(*examples)
    lengths = torch.tensor([len(row) for row in rows])
    return pad_sequence(rows, batch_first=True), lengths, torch.tensor(labels)


torch.manual_seed(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
lines = read("data/texts-train.tsv")
vocabulary = sorted({word for _, words in lines for word in words})
numbers = {word: index for index, word in enumerate(vocabulary, 2)}
model = Reader(len(numbers) + 2)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
training, test = encode(lines), encode(read("data/texts-test.tsv"))
for epoch in range(6):
    for tokens, lengths, labels in DataLoader(training, 64, shuffle=True, collate_fn=collate):
        loss = nn.functional.cross_entropy(model(tokens, lengths), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    hits = sum(
        (model(tokens, lengths).argmax(1) == labels).sum().item()
        for tokens, lengths, labels in DataLoader(test, 256, collate_fn=collate)
    )
print("accuracy", hits / len(test))
