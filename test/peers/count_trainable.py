"""Counts the trainable weights of models that Lamina wrote.

Argument: a JSON file with a list of {code, json, after}. Runs `code`, which makes `model`; reads `json` and runs
`after` on that model. Prints a list of [numbers that train of the code's model, of the JSON's model].
"""

import json
import sys
from pathlib import Path

import keras


def trained(model):
    return sum(int(weight.numpy().size) for weight in model.trainable_weights)


counts = []
for entry in json.loads(Path(sys.argv[1]).read_text()):
    names = {}
    exec(entry["code"], names)
    model = keras.models.model_from_json(entry["json"])
    for line in entry["after"]:
        exec(line, {"model": model})
    counts.append([trained(names["model"]), trained(model)])
print(json.dumps(counts))
