import sys

import keras
import numpy as np
import torch
from keras import layers, ops


class GAN(keras.Model):
    def __init__(self):
        super().__init__()
        self.generator, self.discriminator = network(2, 2), network(2, 1)
        self.optimizers = {
            name: keras.optimizers.Adam(1e-3, beta_1=0.5) for name in ("generator", "discriminator")
        }
        self.loss_function = keras.losses.BinaryCrossentropy(from_logits=True)

    def call(self, noise):
        return self.generator(noise)

    def update(self, name, network, loss):
        network.zero_grad()
        loss.backward()
        weights = network.trainable_weights
        with torch.no_grad():
            self.optimizers[name].apply([weight.value.grad for weight in weights], weights)

    def train_step(self, real):
        count = ops.shape(real)[0]
        ones, zeros = ops.ones((count, 1)), ops.zeros((count, 1))
        fake = self.generator(keras.random.normal((count, 2)))
        loss = self.loss_function(ones, self.discriminator(real))
        loss = loss + self.loss_function(zeros, self.discriminator(fake.detach()))
        self.update("discriminator", self.discriminator, loss)
        self.update("generator", self.generator, self.loss_function(ones, self.discriminator(fake)))
        return {}


def network(inputs, outputs):
    return keras.Sequential(
        [
            layers.Input((inputs,)),
            layers.Dense(128, activation="relu"),
            layers.Dense(128, activation="relu"),
            layers.Dense(outputs),
        ]
    )


keras.utils.set_random_seed(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
angles = np.arange(8) * np.pi / 4
centers = 2 * np.stack([np.cos(angles), np.sin(angles)], 1)
ring = centers[np.random.randint(8, size=10_000)] + 0.1 * np.random.randn(10_000, 2)
model = GAN()
model.compile()
model.fit(ring.astype("float32"), batch_size=256, epochs=75, verbose=0)
points = model.predict(np.random.randn(2000, 2), batch_size=2000, verbose=0)
distances = np.linalg.norm(points[:, None] - centers[None], axis=2)
near, nearest = distances.min(1) <= 0.6, distances.argmin(1)
print("clusters", int((np.bincount(nearest[near], minlength=8) >= 20).sum()))
print("share", near.mean())
