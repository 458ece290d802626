"""Trains a model of a Keras configuration from the first weights of a fixture, as make_shared_fixtures.py does.

Arguments: file of the configuration, file of the fixtures, name of the fixture. Prints the final weights by
name, row-major, as JSON.
"""

import base64
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "fixtures"))

from make_fixtures import BATCH, STEPS, keras, keras_optimizer, loss_targets, np, snake, weights_by_name


def decode(array, dtype="<f4"):
    return np.frombuffer(base64.b64decode(array["data"]), dtype).reshape(array["shape"])


configuration, fixtures, name = sys.argv[1:]
fixture = json.loads(Path(fixtures).read_text())[name]
model = keras.models.model_from_json(Path(configuration).read_text())
weights = weights_by_name(model)
for key, values in fixture["weights"].items():
    weights[key].assign(decode(values))
x = decode(fixture["x"])
ends = np.cumsum([tensor.shape[1] for tensor in model.inputs])[:-1]
y = decode(fixture["y"], "<i4" if fixture["classes"] > 0 else "<f4")
targets = loss_targets(y, fixture["classes"], fixture["loss"])
model.compile(optimizer=keras_optimizer(fixture["optimizer"]), loss=snake(fixture["loss"]), jit_compile=False)
batches = [slice(start, start + BATCH) for start in range(0, len(x), BATCH)]
for step in range(STEPS):
    rows = batches[step % len(batches)]
    inputs = np.split(x[rows], ends, axis=1) if len(ends) > 0 else x[rows]
    model.train_on_batch(inputs, targets[rows])
print(json.dumps({key: variable.numpy().ravel().tolist() for key, variable in weights.items()}))
