import { attribute } from './graph/graph-builder.ts';
import { dataTypeOf } from './graph/graph-def.ts';
import { addProgram } from './program-body.ts';
import { placeholder } from './graph/variables.ts';
import type { GraphBuilder, Output } from './graph/graph-builder.ts';
import type { Signature, SignatureTensor } from './graph/graph-def.ts';
import type { StateSource } from './program-body.ts';
import type { Program, TensorType, ValueId } from '../../../src-shared/program/language/types.ts';

/** Names of a program's inputs and outputs in a signature. Default: the program's names. */
export type SignatureNames = Readonly<Record<string, string>>;

/** Adds a program that does not write state, with a placeholder for each input. */
export function addProgramSignature(
  graph: GraphBuilder,
  program: Program,
  state: StateSource,
  names: SignatureNames = {},
): Signature {
  const typeOf = (value: ValueId): TensorType => {
    const type = program.values[value];
    if (type === undefined) throw new Error(`The program has no value ${value}.`);
    return type;
  };
  const inputs: Record<string, SignatureTensor> = {};
  const fed = new Map<string, Output>();
  for (const { name, value } of program.inputs) {
    const signatureName = names[name] ?? name;
    const type = typeOf(value);
    const output = placeholder(graph, signatureName, dataTypeOf[type.dtype], type.shape);
    inputs[signatureName] = signatureTensor(output, type);
    fed.set(name, output);
  }
  const body = addProgram(graph, program, fed, state);
  const outputs: Record<string, SignatureTensor> = {};
  for (const { name, value } of program.outputs) {
    const output = body.outputs.get(name);
    if (output === undefined) throw new Error(`The program does not make its output '${name}'.`);
    const signatureName = names[name] ?? name;
    // Identity, because a tensor cannot be both fed and fetched, as in a model without layers.
    const type = typeOf(value);
    const fetched = graph.output({
      op: 'Identity',
      name: signatureName,
      inputs: [output],
      attributes: { T: attribute.type(dataTypeOf[type.dtype]) },
    });
    outputs[signatureName] = signatureTensor(fetched, type);
  }
  return { inputs, outputs };
}

function signatureTensor(output: Output, type: TensorType): SignatureTensor {
  return { tensor: `${output.node}:${output.index}`, dtype: dataTypeOf[type.dtype], shape: type.shape };
}
