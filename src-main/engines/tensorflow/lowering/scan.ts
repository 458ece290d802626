import { attribute } from '../graph-builder.ts';
import { dataTypeOf } from '../graph-def.ts';
import { at } from './lowering.ts';
import { scanLength, scanParts } from '../../../../src-shared/program/ops/scan-shapes.ts';
import type { LoweringTable } from './lowering.ts';
import type { GraphBuilder, Output } from '../graph-builder.ts';
import type { TensorType } from '../../../../src-shared/program/types.ts';

/** The elements of a value along axis 1. */
function elementsOf(graph: GraphBuilder, value: Output, { dtype }: TensorType, length: number): readonly Output[] {
  const known = graph.elements.get(value);
  if (known !== undefined) return known;
  const attributes = {
    num: attribute.int(length),
    T: attribute.type(dataTypeOf[dtype]),
    axis: attribute.int(1),
  };
  return graph.outputs({ op: 'Unpack', inputs: [value], attributes }, length);
}

function stack(graph: GraphBuilder, elements: readonly Output[], { dtype }: TensorType): Output {
  const attributes = {
    N: attribute.int(elements.length),
    T: attribute.type(dataTypeOf[dtype]),
    axis: attribute.int(1),
  };
  const stacked = graph.output({ op: 'Pack', inputs: elements, attributes });
  graph.elements.set(stacked, elements);
  return stacked;
}

/** Step after step in one graph: TensorFlow's loops cost more than the operations of a small step. */
export const scanLowerings: LoweringTable<'scan'> = {
  scan: ({ graph, inputs, inputTypes, outputTypes, attributes, lowerProgram }) => {
    const { body, reverse } = attributes;
    const parts = scanParts(inputs, attributes);
    const length = scanLength(inputTypes, attributes);
    const sequences = parts.sequences.map((sequence, i) =>
      elementsOf(graph, sequence, at(inputTypes, attributes.carried + i), length),
    );
    let carried = parts.carried;
    const made = outputTypes.slice(attributes.carried).map(() => new Array<Output>(length));
    for (let i = 0; i < length; i++) {
      const step = reverse ? length - 1 - i : i;
      const elements = sequences.map((sequence) => at(sequence, step));
      const outputs = lowerProgram(body, [...carried, ...elements, ...parts.matrices, ...parts.constants]);
      carried = outputs.slice(0, attributes.carried);
      outputs.slice(attributes.carried).forEach((output, j) => (at(made, j)[step] = output));
    }
    return [...carried, ...made.map((elements, i) => stack(graph, elements, at(outputTypes, attributes.carried + i)))];
  },
};
