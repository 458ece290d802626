"""Predicts with a SavedModel through TensorFlow's own Python API.

Arguments: folder of the model, file of float32 features, their shape as 'N,…'.
Prints JSON: names in the signature, and the predictions, row-major.
"""

import json
import sys

import numpy as np
import tensorflow as tf

folder, features, shape = sys.argv[1:]
x = np.fromfile(features, dtype=np.float32).reshape([int(size) for size in shape.split(",")])
predict = tf.saved_model.load(folder).signatures["serving_default"]
(input_name,) = predict.structured_input_signature[1].keys()
((output_name, y),) = predict(**{input_name: tf.constant(x)}).items()
print(json.dumps({"input": input_name, "output": output_name, "prediction": y.numpy().ravel().tolist()}))
