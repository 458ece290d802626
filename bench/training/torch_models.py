"""The networks of networks.mjs in PyTorch: model, optimizer and whether images keep their pixels in a grid."""

import torch
from torch import nn
from torch.nn import functional


def multilayer(hidden, activation):
    sizes = [784, *hidden]
    layers = [nn.Flatten()]
    for before, after in zip(sizes, hidden):
        layers += [nn.Linear(before, after), activation()]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], 10))


def mlp():
    model = multilayer([300, 100], nn.ReLU)
    return model, torch.optim.SGD(model.parameters(), lr=0.01)


def cnn():
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 10),
    )
    return model, torch.optim.Adam(model.parameters(), lr=0.001)


def selu():
    model = multilayer([100] * 20, nn.SELU)
    for layer in model:
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")
            nn.init.zeros_(layer.bias)
    return model, torch.optim.SGD(model.parameters(), lr=0.001)


class Block(nn.Module):
    """Two 3 x 3 convolutions and a shortcut."""

    def __init__(self, channels, filters, stride):
        super().__init__()
        self.conv_1 = nn.Conv2d(channels, filters, 3, stride, 1, bias=False)
        self.norm_1 = nn.BatchNorm2d(filters)
        self.conv_2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.norm_2 = nn.BatchNorm2d(filters)
        self.shortcut = nn.Identity()
        if stride > 1:
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels, filters, 1, stride, bias=False), nn.BatchNorm2d(filters)
            )

    def forward(self, x):
        y = functional.relu(self.norm_1(self.conv_1(x)))
        return functional.relu(self.norm_2(self.conv_2(y)) + self.shortcut(x))


def resnet():
    layers = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    channels = 16
    for stage, filters in enumerate([16, 32, 64]):
        for block in range(3):
            layers.append(Block(channels, filters, 2 if stage > 0 and block == 0 else 1))
            channels = filters
    model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))
    return model, torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)


class LastStep(nn.Module):
    """What a recurrent layer gives at the end of each sequence."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x)[0][:, -1]


def lstm():
    model = nn.Sequential(LastStep(nn.LSTM(8, 64, batch_first=True)), nn.Linear(64, 10))
    return model, torch.optim.Adam(model.parameters(), lr=0.001)


models = {"mlp": mlp, "cnn": cnn, "selu": selu, "resnet": resnet, "lstm": lstm}
