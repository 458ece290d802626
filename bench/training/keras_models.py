"""The networks of networks.mjs in Keras: model and optimizer."""

import keras
from keras import layers


def mlp():
    model = keras.Sequential(
        [layers.Input((28, 28)), layers.Flatten(), layers.Dense(300, "relu"), layers.Dense(100, "relu"),
         layers.Dense(10, "softmax")]
    )
    return model, keras.optimizers.SGD(0.01)


def cnn():
    model = keras.Sequential(
        [layers.Input((28, 28, 1)), layers.Conv2D(32, 3, activation="relu"), layers.Conv2D(64, 3, activation="relu"),
         layers.MaxPooling2D(), layers.Flatten(), layers.Dense(128, "relu"), layers.Dense(10, "softmax")]
    )
    return model, keras.optimizers.Adam(0.001)


def selu():
    hidden = [layers.Dense(100, "selu", kernel_initializer="lecun_normal") for _ in range(20)]
    model = keras.Sequential(
        [layers.Input((28, 28)), layers.Flatten(), *hidden, layers.Dense(10, "softmax")]
    )
    return model, keras.optimizers.SGD(0.001)


def resnet():
    def convolution(x, filters, size, stride):
        x = layers.Conv2D(
            filters, size, stride, padding="same", use_bias=False, kernel_initializer="he_normal"
        )(x)
        return layers.BatchNormalization()(x)

    inputs = layers.Input((32, 32, 3))
    x = layers.ReLU()(convolution(inputs, 16, 3, 1))
    for stage, filters in enumerate([16, 32, 64]):
        for block in range(3):
            stride = 2 if stage > 0 and block == 0 else 1
            y = layers.ReLU()(convolution(x, filters, 3, stride))
            y = convolution(y, filters, 3, 1)
            shortcut = x if stride == 1 else convolution(x, filters, 1, stride)
            x = layers.ReLU()(layers.Add()([y, shortcut]))
    outputs = layers.Dense(10, "softmax")(layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, outputs), keras.optimizers.SGD(0.01, momentum=0.9)


def lstm():
    model = keras.Sequential([layers.Input((50, 8)), layers.LSTM(64), layers.Dense(10, "softmax")])
    return model, keras.optimizers.Adam(0.001)


models = {"mlp": mlp, "cnn": cnn, "selu": selu, "resnet": resnet, "lstm": lstm}
