"""Steps per second of the same training in PyTorch (plain eager loop) or Keras (fit).

Usage: peers.py torch|keras mlp|cnn FOLDER_WITH_MNIST SECONDS
Prints one JSON object. The first second (Keras: the first epoch) is warm-up and not counted.
"""

import gzip
import json
import os
import sys
import time

import numpy as np

peer, network, folder, seconds = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])


def read_idx(name):
    path = os.path.join(folder, name)
    opener = gzip.open if os.path.exists(path + ".gz") else open
    with opener(path + ".gz" if opener is gzip.open else path, "rb") as file:
        data = file.read()
    rank = data[3]
    shape = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(rank)]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


images = read_idx("train-images-idx3-ubyte")[:55000].astype(np.float32) / 255
labels = read_idx("train-labels-idx1-ubyte")[:55000].astype(np.int64)
batch_size = 32 if network == "mlp" else 64


def run_torch():
    import torch
    from torch import nn

    torch.manual_seed(1)
    if network == "mlp":
        model = nn.Sequential(
            nn.Flatten(), nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 100), nn.ReLU(), nn.Linear(100, 10)
        )
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        x = torch.from_numpy(images)
    else:
        model = nn.Sequential(
            nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 10),
        )
        optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
        x = torch.from_numpy(images)[:, None]
    y = torch.from_numpy(labels)
    criterion = nn.CrossEntropyLoss()
    steps, started, counting = 0, time.perf_counter(), False
    while True:
        for indices in torch.randperm(len(x)).split(batch_size):
            optimizer.zero_grad()
            loss = criterion(model(x[indices]), y[indices])
            loss.backward()
            optimizer.step()
            steps += 1
            elapsed = time.perf_counter() - started
            if not counting and elapsed >= 1:
                counting, steps, started = True, 0, time.perf_counter()
            elif counting and elapsed >= seconds:
                return steps / elapsed, torch.__version__


def run_keras():
    import keras
    from keras import layers

    keras.utils.set_random_seed(1)
    if network == "mlp":
        model = keras.Sequential(
            [layers.Input((28, 28)), layers.Flatten(), layers.Dense(300, "relu"), layers.Dense(100, "relu"),
             layers.Dense(10, "softmax")]
        )
        model.compile(keras.optimizers.SGD(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
        x = images
    else:
        model = keras.Sequential(
            [layers.Input((28, 28, 1)), layers.Conv2D(32, 3, activation="relu"),
             layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(), layers.Flatten(),
             layers.Dense(128, "relu"), layers.Dense(10, "softmax")]
        )
        model.compile(keras.optimizers.Adam(0.001), "sparse_categorical_crossentropy", metrics=["accuracy"])
        x = images[..., None]
    rows = batch_size * (1000 if network == "mlp" else 100)
    model.fit(x[: batch_size * 20], labels[: batch_size * 20], batch_size=batch_size, verbose=0)
    steps, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        model.fit(x[:rows], labels[:rows], batch_size=batch_size, verbose=0)
        steps += rows // batch_size
    return steps / (time.perf_counter() - started), keras.__version__


steps_per_second, version = run_torch() if peer == "torch" else run_keras()
print(json.dumps({"peer": peer, "version": version, "network": network, "stepsPerSecond": steps_per_second}))
