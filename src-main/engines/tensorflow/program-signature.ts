import { attribute } from './graph/graph-builder.ts';
import { dataTypeOf } from './graph/graph-def.ts';
import { addProgram } from './program-body.ts';
import { placeholder } from './graph/variables.ts';
import type { GraphBuilder, Output } from './graph/graph-builder.ts';
import type { Signature, SignatureTensor } from './graph/graph-def.ts';
import type { StateSource } from './program-body.ts';
import type { Program, TensorType, ValueId } from '../../../src-shared/program/language/types.ts';

/** How a signature calls the inputs and outputs of a program; by default as the program does. */
export type SignatureNames = Readonly<Record<string, string>>;

/** Adds a program that writes no state, with a placeholder for each of its inputs. */
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
    const called = names[name] ?? name;
    const type = typeOf(value);
    const output = placeholder(graph, called, dataTypeOf[type.dtype], type.shape);
    inputs[called] = signatureTensor(output, type);
    fed.set(name, output);
  }
  const body = addProgram(graph, program, fed, state);
  const outputs: Record<string, SignatureTensor> = {};
  for (const { name, value } of program.outputs) {
    const output = body.outputs.get(name);
    if (output === undefined) throw new Error(`The program does not make its output '${name}'.`);
    const called = names[name] ?? name;
    // A node of its own: a tensor cannot be fed and fetched, which a model without layers would ask for.
    const type = typeOf(value);
    const fetched = graph.output({
      op: 'Identity',
      name: called,
      inputs: [output],
      attributes: { T: attribute.type(dataTypeOf[type.dtype]) },
    });
    outputs[called] = signatureTensor(fetched, type);
  }
  return { inputs, outputs };
}

function signatureTensor(output: Output, type: TensorType): SignatureTensor {
  return { tensor: `${output.node}:${output.index}`, dtype: dataTypeOf[type.dtype], shape: type.shape };
}
