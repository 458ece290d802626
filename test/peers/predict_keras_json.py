"""Predicts with a model of a Keras configuration and the weights of a fixture.

Arguments: file of the configuration, file of test/fixtures/keras. Prints the predictions, row-major, as JSON.
"""

import base64
import json
import sys
from pathlib import Path

import keras
import numpy as np


def decode(array):
    return np.frombuffer(base64.b64decode(array["data"]), "<f4").reshape(array["shape"])


configuration, fixture = [Path(path).read_text() for path in sys.argv[1:]]
values = json.loads(fixture)
model = keras.models.model_from_json(configuration)
for variable in model.variables:
    variable.assign(decode(values["finalWeights"][variable.path]))
print(json.dumps(model.predict_on_batch(decode(values["x"])).ravel().tolist()))
