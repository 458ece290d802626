"""Predicts with a SavedModel through TensorFlow's own Python API.

Arguments: folder of the model, file of float32 features, their shape as 'N,…', number of the draw
(for models with Monte Carlo layers, which take it as an input).
Prints JSON: names in the signature, and the predictions, row-major.
"""

import json
import sys

import numpy as np
import tensorflow as tf

folder, features, shape, draw = sys.argv[1:]
x = np.fromfile(features, dtype=np.float32).reshape([int(size) for size in shape.split(",")])
predict = tf.saved_model.load(folder).signatures["serving_default"]
draws = {"draw": tf.constant(int(draw))}
names = predict.structured_input_signature[1].keys()
(input_name,) = names - draws.keys()
((output_name, y),) = predict(**{input_name: tf.constant(x)}, **{name: draws[name] for name in names & draws.keys()}).items()
print(json.dumps({"input": input_name, "output": output_name, "prediction": y.numpy().ravel().tolist()}))
