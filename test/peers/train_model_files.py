"""Model files of Keras 3 and Keras 2, and the same models after one training step.

Arguments: folder to write to. Writes NAME.VERSION.{before,after}.{keras,h5}, and cases.json: name, version, optimizer,
inputs by name, and targets by output, in the model's order. The loss is the mean squared error of each output.
"""

import json
import os
import sys
from pathlib import Path

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
sys.path.insert(0, str(Path(__file__).parent.parent / "fixtures"))

import keras
import make_model_files as files
import numpy as np
import tf_keras

# With more, 1 - beta_2 in float32 is seen in the weights that Adam makes.
LEARNING_RATES = {"sgd": 0.1, "adam": 0.01}


def steps_1d(k):
    """Penalties and constraints of layers are stored with them."""
    x = k.Input((8, 3), name="steps")
    y = k.layers.Conv1DTranspose(4, 3, strides=2, activation="tanh", kernel_regularizer=k.regularizers.L1L2(0.01, 0.02), name="up")(x)
    y = k.layers.DepthwiseConv1D(3, depth_multiplier=2, depthwise_constraint=k.constraints.MaxNorm(0.9), name="depthwise")(y)
    y = k.layers.Conv1D(4, 3, dilation_rate=2, padding="causal", bias_regularizer=k.regularizers.L2(0.05), name="causal")(y)
    y = k.layers.Flatten(name="flat")(y)
    return k.Model(x, k.layers.Dense(2, activity_regularizer=k.regularizers.L2(0.1), name="last")(y))


def volumes(k):
    x = k.Input((4, 5, 4, 2), name="volume")
    y = k.layers.Conv3D(3, 2, padding="same", activation="relu", name="conv")(x)
    y = k.layers.Conv3DTranspose(2, 2, strides=2, name="up")(y)
    y = k.layers.GlobalAveragePooling3D(name="pool")(y)
    return k.Model(x, k.layers.Dense(2, name="last")(y))


def groups(k):
    x = k.Input((5, 4), name="steps")
    y = k.layers.GroupNormalization(2, name="group")(x)
    y = k.layers.LayerNormalization(axis=[1, 2], name="both")(y)
    y = k.layers.PReLU(shared_axes=[1], name="slopes")(y)
    return k.Model(x, k.layers.Dense(2, name="last")(k.layers.Flatten(name="flat")(y)))


def masked(k):
    """Indices of 0 are masked in the LSTM and in the attention."""
    x = k.Input((6,), name="words")
    y = k.layers.Embedding(11, 4, mask_zero=True, name="embedding")(x)
    y = k.layers.Bidirectional(k.layers.LSTM(3, return_sequences=True), name="both")(y)
    y = k.layers.GRU(4, return_sequences=True, name="gru")(y)
    y = k.layers.Attention(use_scale=True, name="attention")([y, y])
    y = k.layers.AdditiveAttention(use_scale=True, name="additive")([y, y])
    y = k.layers.LSTM(3, name="lstm")(y)
    return k.Model(x, k.layers.Dense(2, name="last")(y))


def partly_frozen(k):
    """A frozen normalization keeps its statistics; a frozen nested model keeps all of its weights."""
    inner = k.Sequential([k.Input((4,)), k.layers.Dense(3, name="a"), k.layers.BatchNormalization(name="bn")], name="inner")
    inner.trainable = False
    x = k.Input((4,), name="table")
    y = k.layers.Dense(4, name="first")(x)
    y = inner(y)
    y = k.layers.BatchNormalization(momentum=0.7, name="trained")(y)
    return k.Model(x, k.layers.Dense(2, name="last")(y))


def inference_part(k):
    """A nested model that is called with training=False keeps its statistics and trains its weights."""
    inner = k.Sequential([k.Input((4,)), k.layers.Dense(3, name="a"), k.layers.BatchNormalization(name="bn")], name="inner")
    x = k.Input((4,), name="table")
    y = inner(x, training=False)
    return k.Model(x, k.layers.Dense(2, name="last")(y))


def nested_in_functional(k):
    block = k.Sequential(
        [k.Input((6, 6, 2)), k.layers.Conv2D(3, 3, padding="same", name="conv"), k.layers.BatchNormalization(name="bn")], name="block"
    )
    tower = k.Sequential([block, k.layers.MaxPooling2D(name="pool"), k.layers.Flatten(name="flat"), k.layers.Dense(3, name="dense")], name="tower")
    x = k.Input((6, 6, 2), name="image")
    y = tower(x)
    return k.Model(x, k.layers.Dense(2, name="tower_dense")(y))


def shared_model(k):
    """A layer and a nested model, called twice each."""
    left, right = k.Input((4,), name="left"), k.Input((4,), name="right")
    first = k.layers.Dense(4, activation="tanh", name="first")
    tower = k.Sequential([k.Input((4,)), k.layers.Dense(3, name="hidden"), k.layers.BatchNormalization(name="bn")], name="tower")
    y = k.layers.Concatenate(name="joined")([tower(first(left)), tower(first(right))])
    return k.Model([left, right], [k.layers.Dense(1, name="one")(y), k.layers.Dense(2, name="two")(first(left))])


def convolutions(k):
    """The outer model makes numbers of classes."""
    inner = files.convolutions(k)
    x = k.Input((8, 8, 3), name="image")
    return k.Model(x, k.layers.Dense(2, name="numbers")(inner(x)))


def applications(k):
    return files.applications(k, draws=False)


# The Dropout of `sequential` draws.
MODELS = [make for make in files.MODELS if make.__name__ not in ("convolutions", "sequential", "applications")]
MODELS += [convolutions, applications, steps_1d, volumes, groups, masked, partly_frozen, inference_part, nested_in_functional, shared_model]
# Not models with biases before a normalization: Adam turns the noise of their gradients, which are 0, into whole updates.
# Not models with Embedding: Keras 3 on TensorFlow sums the squares of an index's gradients instead of squaring their sum.
ADAM = {"recurrent", "several"}


def keep_population_variance(model):
    """The fused kernel of Keras 2 stores the variance with n - 1 in place of n; Keras 3 and Lamina do not."""
    for layer in model.layers:
        if hasattr(layer, "fused"):
            layer.fused = False
        if hasattr(layer, "layers"):
            keep_population_variance(layer)


def tensors(values):
    return values if isinstance(values, (list, tuple)) else [values]


def save(model, path):
    """HDF5 without optimizer: the slots of equally named weights of nested models would have one name."""
    model.save(f"{path}.keras")
    model.save(f"{path}.h5", include_optimizer=False)


def make_case(folder, make, version, k):
    k.backend.clear_session()
    k.utils.set_random_seed(1)
    model = make(k)
    files.set_random_weights(model, 1)
    keep_population_variance(model)
    name = f"{make.__name__}.{version}"
    optimizer = "adam" if make.__name__ in ADAM else "sgd"
    inputs = files.inputs_of(model)
    x = list(inputs.values())
    x = x if len(x) > 1 else x[0]
    generator = np.random.default_rng(5)
    targets = [generator.normal(size=tuple(y.shape)).astype("float32") for y in tensors(model(x, training=False))]
    model.compile({"adam": k.optimizers.Adam, "sgd": k.optimizers.SGD}[optimizer](LEARNING_RATES[optimizer]), ["mse"] * len(targets) if len(targets) > 1 else "mse")
    save(model, f"{folder}/{name}.before")
    model.train_on_batch(x, targets if len(targets) > 1 else targets[0])
    save(model, f"{folder}/{name}.after")
    return {
        "name": name,
        "optimizer": {"kind": optimizer, "learningRate": LEARNING_RATES[optimizer]},
        "inputs": {key: files.encoded(value) for key, value in inputs.items()},
        "targets": [files.encoded(value) for value in targets],
    }


def main():
    folder = sys.argv[1]
    versions = (("keras3", keras), ("keras2", tf_keras))
    # Keras 3 has BatchNormalization over one axis only.
    pairs = [(make, *version) for make in MODELS for version in versions if make is not files.axes or version[1] is tf_keras]
    cases = [make_case(folder, *pair) for pair in pairs]
    Path(folder, "cases.json").write_text(json.dumps(cases))


main()
