import { isBlockEnd } from '../../document/schema/ends.ts';
import { BLOCK, MAX_REPEAT, blockOf, blocksOf, isReference, substitute } from '../../document/schema/blocks.ts';
import type { JsonValue, ModelBlock, ModelDocument, ModelNode } from '../../document/schema/model-document.ts';
import { blockPorts, type InputPort } from '../../document/schema/ports.ts';
import { inputsOf, layerCatalog } from './catalog.ts';
import type { LayerDefinition } from '../definition/layer.ts';
import type { ParameterSpec } from '../parameters/parameter-spec.ts';
import { valueInWords } from '../parameters/parameter-words.ts';
import { resolveParameters } from '../parameters/resolve-parameters.ts';
import { trainingParameters } from '../parameters/training-parameters.ts';

/** What the window says of a layer or a block: everything of a definition but its operations. */
export type NodeFacts = Pick<
  LayerDefinition,
  'kind' | 'family' | 'description' | 'formula' | 'inputs' | 'parameters' | 'summarize' | 'whenFrozen'
>;

const repeat: ParameterSpec = {
  name: 'repeat',
  label: 'Repeat',
  help: 'Number of copies in sequence, each with separate weights.',
  default: 1,
  type: { kind: 'integer', min: 1, max: MAX_REPEAT },
};

/** Facts of a node's layer, or of the block that it uses; undefined where there is none. */
export function nodeFacts(document: Pick<ModelDocument, 'blocks'>, node: ModelNode): NodeFacts | undefined {
  if (node.kind !== BLOCK) {
    const definition = layerCatalog.get(node.kind);
    return definition?.inputs.of === undefined ? definition : { ...definition, inputs: inputsOf(node)! };
  }
  const block = blockOf(document, node);
  return block === undefined ? undefined : blockFacts(document, block);
}

/** Named inputs of a node's layer or block; undefined if its inputs have no names. */
export function inputPorts(document: Pick<ModelDocument, 'blocks'>, node: ModelNode): readonly InputPort[] | undefined {
  if (node.kind !== BLOCK) return inputsOf(node)?.ports;
  const ports = blockPorts(blockOf(document, node) ?? { nodes: [] });
  return ports.length > 1 ? ports : undefined;
}

/** A block as if it were a layer of the catalog: its parameters are those of the layers that take them. */
export function blockFacts(document: Pick<ModelDocument, 'blocks'>, block: ModelBlock): NodeFacts {
  const ports = blockPorts(block);
  const count = ports.length;
  const layers = block.nodes.filter((node) => !isBlockEnd(node)).length;
  const parameters = [repeat, ...block.parameters.map((_, index) => blockParameter(document, block, index, new Set()))];
  return {
    kind: block.name,
    family: 'block',
    description: block.description ?? `A block of ${layers} ${layers === 1 ? 'layer' : 'layers'}.`,
    formula: '',
    inputs: { min: count, max: count, ...(count > 1 ? { ports } : {}) },
    parameters,
    summarize: (values) =>
      [
        ...(values['repeat'] === 1 || values['repeat'] === undefined ? [] : [`× ${valueInWords(values['repeat'])}`]),
        ...block.parameters.slice(0, 2).map(({ name }) => valueInWords(values[name] ?? null)),
      ].join(', '),
  };
}

/** What is wrong with a value of a block's parameter for the layers that take it; null where nothing is. */
export function blockParameterFault(
  document: Pick<ModelDocument, 'blocks'>,
  block: ModelBlock,
  name: string,
  value: JsonValue,
): string | null {
  for (const spec of takersOf(document, block, name, new Set())) {
    const [fault] = resolveParameters({ parameters: [spec] }, { [spec.name]: value }).faults;
    if (fault !== undefined) return `${spec.label} is expected to be ${fault.expected}.`;
  }
  return null;
}

/** The specification of the first layer's parameter that takes this one; without one, by its default. */
function blockParameter(
  document: Pick<ModelDocument, 'blocks'>,
  block: ModelBlock,
  index: number,
  entered: ReadonlySet<ModelBlock>,
): ParameterSpec {
  const { name, label, default: fallback } = block.parameters[index]!;
  const own = { name, default: fallback };
  const [spec] = takersOf(document, block, name, entered);
  if (spec !== undefined) return { ...spec, ...own, label: label ?? spec.label, advanced: false };
  const type: ParameterSpec['type'] =
    typeof fallback === 'boolean' ? { kind: 'boolean' } : { kind: 'number', min: -1e9, max: 1e9, step: 1 };
  return { ...own, label: label ?? name, help: 'No layer of the block takes it as it is.', type };
}

/** Specifications of the layers' parameters that take this one of the block as it is. */
function takersOf(
  document: Pick<ModelDocument, 'blocks'>,
  block: ModelBlock,
  name: string,
  entered: ReadonlySet<ModelBlock>,
): ParameterSpec[] {
  if (entered.has(block)) return [];
  const inside = new Set([...entered, block]);
  return block.nodes.flatMap((node) =>
    Object.entries(node.params).flatMap(([param, value]) =>
      isReference(value) && value.parameter === name ? (parameterOf(document, node, param, inside) ?? []) : [],
    ),
  );
}

function parameterOf(
  document: Pick<ModelDocument, 'blocks'>,
  node: ModelNode,
  param: string,
  entered: ReadonlySet<ModelBlock>,
): ParameterSpec | undefined {
  const training = trainingParameters.find(({ name }) => name === param);
  if (training !== undefined) return training;
  if (node.kind !== BLOCK) return layerCatalog.get(node.kind)?.parameters.find(({ name }) => name === param);
  if (param === repeat.name) return repeat;
  const block = blockOf(document, node);
  const index = block?.parameters.findIndex(({ name }) => name === param) ?? -1;
  return block === undefined || index < 0 ? undefined : blockParameter(document, block, index, entered);
}

/**
 * The one or two values that matter of a node, with those of the block around it in place.
 * @param valueOf Values of the parameters of the block that the node is in.
 */
export function summaryOf(
  facts: NodeFacts,
  node: ModelNode,
  valueOf: (parameter: string) => JsonValue | undefined,
): string {
  return facts.summarize(valuesOf(facts, node, valueOf));
}

type ValueOf = (parameter: string) => JsonValue | undefined;

/**
 * Whether a node computes differently in training and in prediction; for a Block node, any layer inside.
 * @param node With the parameters of its owner.
 */
export function dependsOnMode(
  document: Pick<ModelDocument, 'blocks'>,
  node: ModelNode,
  valueOf: ValueOf = () => undefined,
): boolean {
  if (node.kind === BLOCK) {
    const inside = blocksOf(document, [node]).flatMap(({ nodes }) => nodes);
    return inside.some((inner) => inner.kind !== BLOCK && dependsOnMode(document, inner));
  }
  const definition = layerCatalog.get(node.kind);
  const mode = definition?.keras?.inMode?.(false, valuesOf(definition, node, valueOf));
  return mode === null || (mode !== undefined && Object.keys(mode).length > 0);
}

/** How a node computes in training: in a word for its card, and in a sentence. */
export interface ModeWords {
  readonly summary: string;
  readonly meaning: string;
}

/**
 * Null: in training as other layers do.
 * @param node With the parameters of its owner.
 * @param isFrozen Whether all of it is frozen.
 */
export function modeOf(
  document: Pick<ModelDocument, 'blocks'>,
  facts: NodeFacts,
  node: ModelNode,
  isFrozen: boolean,
  valueOf: ValueOf,
): ModeWords | null {
  if (node.training === false && dependsOnMode(document, node, valueOf)) {
    return { summary: 'inference', meaning: INFERENCE_MODE };
  }
  return (isFrozen ? facts.whenFrozen?.(valuesOf(facts, node, valueOf)) : null) ?? null;
}

const INFERENCE_MODE =
  'While the model trains it computes as in prediction: it drops no values, adds no noise, and uses stored statistics without changing them (training=False in Keras).';

function valuesOf(
  facts: NodeFacts,
  node: ModelNode,
  valueOf: (parameter: string) => JsonValue | undefined,
): Readonly<Record<string, JsonValue>> {
  const given = Object.fromEntries(
    Object.entries(node.params).flatMap(([name, value]) => {
      const known = substitute(value, valueOf);
      return known === undefined ? [] : [[name, known]];
    }),
  );
  return resolveParameters(facts, given).values;
}
