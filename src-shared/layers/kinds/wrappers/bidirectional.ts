import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import type { ValueId } from '../../../program/language/types.ts';
import { gru } from '../recurrent/gru.ts';
import type { LayerDefinition } from '../../definition/layer.ts';
import { lstm } from '../recurrent/lstm.ts';
import { emitMasked, whereMasked } from '../../definition/masks.ts';
import { sameJson } from '../../../text/same-json.ts';
import { sequenceProblem } from '../../definition/sequences.ts';
import { simpleRnn } from '../recurrent/simple-rnn.ts';
import { innerContext, layerParameter, wrappedLayer, wrapperInMode } from './wrapped-layer.ts';

const layers = [lstm, gru, simpleRnn];

const merges: Readonly<Record<string, (b: ProgramBuilder, forward: ValueId, backward: ValueId) => ValueId>> = {
  concat: (b, forward, backward) => b.concat([forward, backward], b.shapeOf(forward).length - 1),
  sum: (b, forward, backward) => b.add(forward, backward),
  mul: (b, forward, backward) => b.multiply(forward, backward),
  ave: (b, forward, backward) => b.divide(b.add(forward, backward), b.scalar(2)),
};

/** Source: M. Schuster and K. K. Paliwal, IEEE Transactions on Signal Processing 45 (1997); Keras 3. */
export const bidirectional: LayerDefinition = {
  kind: 'Bidirectional',
  family: 'recurrent',
  otherNames: ['BiLSTM', 'BiGRU', 'BRNN'],
  description: 'Reads a sequence forwards and backwards with a recurrent layer each, and joins what comes out.',
  formula: 'merge(layer(x), reverse(layer(reverse(x))))',
  inputs: { min: 1, max: 1 },
  mask: 'use',
  parameters: [
    layerParameter('The layer that reads; the one that reads backwards is like it.', layers),
    {
      name: 'mergeMode',
      label: 'Merge',
      help: 'How the two results are joined.',
      default: 'concat',
      type: {
        kind: 'choice',
        options: [
          { value: 'concat', label: 'Concatenate' },
          { value: 'sum', label: 'Sum' },
          { value: 'mul', label: 'Product' },
          { value: 'ave', label: 'Average' },
        ],
      },
    },
  ],
  keras: {
    inMode: (training, params) => wrapperInMode(layers, training, params),
    read({ layer, backward_layer: backward, ...config }) {
      const forward = withoutZeroOutput(layer);
      return isReversed(layer, backward)
        ? { ...config, layer: forward }
        : { ...config, layer: forward, backward_layer: backward };
    },
  },
  summarize: ({ layer, mergeMode }) => {
    const { definition, params } = wrappedLayer(layers, layer);
    return `${definition.kind} ${definition.summarize(params)}, ${String(mergeMode)}`;
  },
  checkParameters: ({ layer }) =>
    wrappedLayer(layers, layer).params['goBackwards'] === true
      ? {
          param: 'layer',
          message:
            'needs a layer that reads forwards, which it turns round itself; received one that goes backwards. Switch Go backwards off.',
        }
      : null,
  check: (_, [shape]) => sequenceProblem(shape!),
  emit: (context) => {
    const { builder: b, params, masks } = context;
    const inner = wrappedLayer(layers, params['layer']);
    const returnSequences = inner.params['returnSequences'] === true;
    const mask = masks[0] ?? null;
    const read = (goBackwards: boolean): ValueId => {
      const name = `${goBackwards ? 'backward' : 'forward'}_${inner.name}`;
      const wrapped = { ...inner, params: { ...inner.params, goBackwards } };
      const { output } = emitMasked(inner.definition, innerContext(context, wrapped, name));
      if (!returnSequences) return output;
      const inOrder = goBackwards ? b.reverse(output, 1) : output;
      return mask === null ? inOrder : whereMasked(b, mask, inOrder, 0);
    };
    const output = merges[String(params['mergeMode'])]!(b, read(false), read(true));
    return { output, mask: returnSequences ? mask : null };
  },
};

/** Whether the backward layer is the forward layer with the other direction. Keras writes both. */
function isReversed(forward: unknown, backward: unknown): boolean {
  const [one, other] = [withoutDirection(forward), withoutDirection(backward)];
  if (one === null || other === null) return backward == null;
  return one.className === other.className && one.backwards !== other.backwards && sameJson(one.rest, other.rest);
}

function withoutDirection(layer: unknown): { className: unknown; backwards: boolean; rest: unknown } | null {
  if (typeof layer !== 'object' || layer === null || !('config' in layer) || !('class_name' in layer)) return null;
  const {
    name: _name,
    trainable: _trainable,
    go_backwards: backwards,
    ...config
  } = layer.config as Record<string, unknown>;
  return { className: layer.class_name, backwards: backwards === true, rest: withoutIdentity(config) };
}

/** Without the argument that Keras sets in each inner layer. `emit` computes as it says. */
function withoutZeroOutput(layer: unknown): unknown {
  if (typeof layer !== 'object' || layer === null || !('config' in layer)) return layer;
  const { zero_output_for_mask: _zeros, ...config } = layer.config as Record<string, unknown>;
  return { ...layer, config };
}

/** Each of the two layers has its own seeds, and `.keras` files number the objects in them. */
function withoutIdentity(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutIdentity);
  const fields = Object.entries(value).filter(([key]) => key !== 'seed' && key !== 'shared_object_id');
  return Object.fromEntries(fields.map(([key, each]) => [key, withoutIdentity(each)]));
}
