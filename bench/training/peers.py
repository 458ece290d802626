"""Steps per second of a network in PyTorch (plain eager loop) or Keras (fit).

Usage: peers.py PEER NETWORK FOLDER BATCH_SIZE SECONDS FALL
PEER is torch, torch-channels-last, keras or keras-jit; FOLDER holds the two files of data.mjs.
Prints one JSON object. What comes before the first step and the first second (Keras: the first
epoch) is warm-up and not counted; `firstStepSeconds` is from making the model to its first step.
`firstLoss` is the loss of the first batch, `lastLoss` the mean loss of the last quarter of the steps
(Keras: of the last epoch). After SECONDS it trains on, uncounted, until `lastLoss` is at most FALL
times `firstLoss`, for MOST_STEPS steps in all at most: on a busy machine SECONDS hold few steps.
"""

import json
import os
import sys
import time

import numpy as np

MOST_STEPS = 500

peer, network, folder = sys.argv[1:4]
batch_size, seconds, fall = int(sys.argv[4]), float(sys.argv[5]), float(sys.argv[6])


def read_idx(name):
    with open(os.path.join(folder, name), "rb") as file:
        data = file.read()
    rank = data[3]
    shape = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(rank)]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


images = read_idx("train-images-idx3-ubyte").astype(np.float32) / 255
labels = read_idx("train-labels-idx1-ubyte").astype(np.int64)


def run_torch():
    import torch
    from torch_models import models

    torch.manual_seed(1)
    began = time.perf_counter()
    model, optimizer = models[network]()
    x = torch.from_numpy(images)
    if network == "cnn":
        x = x[:, None]
    if images.ndim == 4:
        x = x.permute(0, 3, 1, 2).contiguous()
    if peer == "torch-channels-last":
        model, x = model.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
    y = torch.from_numpy(labels)
    criterion = torch.nn.CrossEntropyLoss()
    steps, started, first_step, rate, losses = 0, None, None, None, []
    while True:
        for indices in torch.randperm(len(x)).split(batch_size):
            optimizer.zero_grad()
            loss = criterion(model(x[indices]), y[indices])
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
            steps += 1
            now = time.perf_counter()
            if first_step is None:
                first_step = now - began
            if started is None:
                if now - began >= 1:
                    steps, started = 0, now
                continue
            if now - started < seconds:
                continue
            rate = rate or steps / (now - started)
            first_loss = losses[0].item()
            last_loss = torch.stack(losses[-max(1, len(losses) // 4) :]).mean().item()
            if last_loss <= fall * first_loss or len(losses) >= MOST_STEPS:
                return {
                    "version": torch.__version__,
                    "stepsPerSecond": rate,
                    "firstStepSeconds": first_step,
                    "firstLoss": first_loss,
                    "lastLoss": last_loss,
                }


def run_keras():
    import keras
    from keras_models import models

    keras.utils.set_random_seed(1)
    began = time.perf_counter()
    model, optimizer = models[network]()
    model.compile(
        optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=peer == "keras-jit"
    )
    x = images[..., None] if network == "cnn" else images

    def fit(rows):
        started = time.perf_counter()
        history = model.fit(x[:rows], labels[:rows], batch_size=batch_size, verbose=0)
        return time.perf_counter() - started, history.history["loss"][-1]

    _, first_loss = fit(batch_size)
    first_step = time.perf_counter() - began
    fit(20 * batch_size)
    # An epoch of two seconds or so, as long as there are rows: what every epoch costs counts little.
    steps = 20
    while fit(steps * batch_size)[0] < 1 and 2 * steps * batch_size <= len(x):
        steps *= 2
    total, spent = 0, 0
    while spent < seconds:
        elapsed, last_loss = fit(steps * batch_size)
        spent += elapsed
        total += steps
    rate = total / spent
    while last_loss > fall * first_loss and total < MOST_STEPS:
        _, last_loss = fit(steps * batch_size)
        total += steps
    return {
        "version": keras.__version__,
        "stepsPerSecond": rate,
        "firstStepSeconds": first_step,
        "firstLoss": first_loss,
        "lastLoss": last_loss,
    }


run = run_torch if peer.startswith("torch") else run_keras
print(json.dumps(run()))
