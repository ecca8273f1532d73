import sys

import keras
import numpy as np
from keras import layers


class Residual(layers.Layer):
    def __init__(self, channels):
        super().__init__()
        self.convolution = layers.Conv2D(channels, 3, padding="same")
        self.norm = layers.BatchNormalization()

    def build(self, shape):
        self.convolution.build(shape)
        self.norm.build(shape)
        self.built = True

    def call(self, x, training=None):
        return x + keras.ops.relu(self.norm(self.convolution(x), training=training))


class Progress(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs):
        if "val_accuracy" in logs:
            print(f"epoch {epoch + 1}: accuracy {logs['val_accuracy']}")


def images(name):
    return arrays[name].transpose(0, 2, 3, 1) / np.float32(127.5) - 1


keras.utils.set_random_seed(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
arrays = np.load("data/digits.npz")
model = keras.Sequential(
    [
        layers.Input((8, 8, 1)),
        layers.Conv2D(32, 3, padding="same"),
        Residual(32),
        layers.MaxPooling2D(2),
        Residual(32),
        layers.Flatten(),
        layers.Dense(10),
    ]
)
model.compile(
    keras.optimizers.Adam(1e-3),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
history = model.fit(
    images("x_train"),
    arrays["y_train"],
    batch_size=64,
    epochs=10,
    verbose=0,
    callbacks=[Progress()],
    validation_data=(images("x_test"), arrays["y_test"]),
    validation_batch_size=256,
    validation_freq=5,
)
print("accuracy", history.history["val_accuracy"][-1])
