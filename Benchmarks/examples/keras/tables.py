import sys

import keras
import pandas
from keras import layers


def inputs(table):
    dummies = pandas.get_dummies(table.drop(columns="price"))
    return dummies.reindex(columns=columns, fill_value=0).astype("float32").values


keras.utils.set_random_seed(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
table, test = pandas.read_csv("data/houses-train.csv"), pandas.read_csv("data/houses-test.csv")
columns = pandas.get_dummies(table.drop(columns="price")).columns
model = keras.Sequential(
    [
        layers.BatchNormalization(),
        layers.Dense(64, activation="relu"),
        layers.Dense(64, activation="relu"),
        layers.Dense(1),
    ]
)
model.compile(
    keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(1e-2, 940)),
    "mse",
    metrics=[keras.metrics.RootMeanSquaredError()],
)
model.fit(inputs(table), table["price"].values, batch_size=64, epochs=15, verbose=0)
print("error", model.evaluate(inputs(test), test["price"].values, batch_size=256, verbose=0)[1])
