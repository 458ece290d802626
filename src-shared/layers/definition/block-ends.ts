import { BLOCK_INPUT, BLOCK_OUTPUT } from '../../document/schema/blocks.ts';
import type { LayerDefinition } from './layer.ts';

/** The ends of a block's inside. They hand on what they are given; nothing of them is left in a program. */
export const blockEnds: readonly LayerDefinition[] = [
  {
    kind: BLOCK_INPUT,
    family: 'input',
    description: 'Where values enter the block.',
    formula: 'x',
    inputs: { min: 1, max: 1 },
    mask: 'keep',
    parameters: [],
    summarize: () => 'from outside',
    emit: ({ inputs }) => inputs[0]!,
  },
  {
    kind: BLOCK_OUTPUT,
    family: 'output',
    description: 'What the block gives, and hands to its next copy.',
    formula: 'x',
    inputs: { min: 1, max: 1 },
    mask: 'keep',
    parameters: [],
    summarize: () => 'to outside',
    emit: ({ inputs }) => inputs[0]!,
  },
];
