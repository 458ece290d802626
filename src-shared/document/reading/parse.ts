import { z } from 'zod';
import { AppError } from '../../errors/app-error.ts';
import { issuesText } from '../../text/issue-text.ts';
import { formatAndVersion, newerVersion } from '../../text/document-version.ts';
import { annotated, ungrouped } from '../schema/annotations.ts';
import { bringNear } from './bring-near.ts';
import { MIGRATIONS } from './migrations.ts';
import { migrate } from '../../text/migrate.ts';
import {
  blockParameterSchema,
  MODEL_FORMAT,
  MODEL_VERSION,
  modelBlockSchema,
  modelDocumentSchema,
  modelGroupSchema,
  modelNodeSchema,
  modelNoteSchema,
  modelEdgeSchema,
  modelWeightsSchema,
  type ModelBlock,
  type ModelDocument,
  type ModelEdge,
  type ModelNode,
  type ModelNote,
} from '../schema/model-document.ts';
import type { ModelGraphParts } from '../history/operations.ts';
import { readDamagedNode } from './read-node.ts';

export interface ParsedModel {
  readonly document: ModelDocument;
  /** What could not be read, and what is used instead. */
  readonly warnings: readonly AppError[];
}

/** A block whose parts are parsed separately. */
const looseBlockSchema = modelBlockSchema.extend({
  parameters: z.unknown(),
  nodes: z.unknown(),
  edges: z.unknown(),
  notes: z.unknown().optional(),
  groups: z.unknown().optional(),
});

const envelopeSchema = z.object({ format: z.literal(MODEL_FORMAT), version: z.number().int().min(1) });

/**
 * Parses a model document. Damaged nodes and edges are skipped with a warning each. From a document
 * of a newer version the known parts are read, and the first warning is `document/newer-version`.
 * @param value Parsed JSON.
 * @param file Name for messages.
 * @throws AppError `document/not-a-model` if it is not a model document.
 */
export function parseModelDocument(value: unknown, file = 'The model'): ParsedModel {
  const envelope = envelopeSchema.safeParse(value);
  if (!envelope.success) {
    throw new AppError(
      'document/not-a-model',
      `${file} is not a model document. Expected format '${MODEL_FORMAT}' and a version; received ${formatAndVersion(value)}. ` +
        'Choose a *.lamina.json file, or restore it from a copy.',
    );
  }
  const version = envelope.data.version;
  const known = { ...(value as Record<string, unknown>), version: Math.min(version, MODEL_VERSION) };
  const { document, warnings } = readKnown(migrate(known, known.version, MIGRATIONS, MODEL_VERSION), file);
  if (version <= MODEL_VERSION) return { document, warnings };
  return { document, warnings: [newerVersion(file, version, MODEL_VERSION), ...warnings] };
}

/** Parses a document of the current version. */
function readKnown(value: Record<string, unknown>, file: string): ParsedModel {
  const whole = modelDocumentSchema.safeParse(value);
  return mend(whole.success ? { document: whole.data, warnings: [] } : salvage(value, file), file);
}

function salvage(value: Record<string, unknown>, file: string): ParsedModel {
  const warnings: AppError[] = [];
  const readAll = <Item>(
    items: unknown,
    schema: z.ZodType<Item>,
    what: string,
    mended: (item: unknown, error: z.ZodError) => { item: Item; words: string } | null = () => null,
  ): Item[] => {
    if (!Array.isArray(items)) {
      warnings.push(damaged(`${file} has no list of ${what}s; an empty list is used.`));
      return [];
    }
    return items.flatMap((item, index) => {
      const parsed = schema.safeParse(item);
      if (parsed.success) return [parsed.data];
      const whole = mended(item, parsed.error);
      const fault = issuesText(parsed.error, item, 1);
      const words = whole?.words ?? ' cannot be read and is skipped';
      warnings.push(damaged(`${file}: ${what} ${index + 1}${words} (${fault}).`));
      return whole === null ? [] : [whole.item];
    });
  };
  const readGraph = (graph: Record<string, unknown>, place = '') => ({
    nodes: readAll(graph['nodes'], modelNodeSchema, `${place}node`, mendedNode),
    edges: readAll(graph['edges'], modelEdgeSchema, `${place}edge`, mendedEdge),
  });
  // Absent lists are valid: no warning.
  const readAnnotations = (graph: Record<string, unknown>, place = '') => ({
    notes: readAll(graph['notes'] ?? [], modelNoteSchema, `${place}note`),
    groups: readAll(graph['groups'] ?? [], modelGroupSchema, `${place}group`),
  });
  const blocks = readAll(value['blocks'], looseBlockSchema, 'block').map((block): ModelBlock => {
    const place = `block '${block.name}', `;
    const { notes: _notes, groups: _groups, ...rest } = block;
    const parameters = readAll(block.parameters, blockParameterSchema, `${place}parameter`);
    return annotated<ModelBlock>({ ...rest, parameters, ...readGraph(block, place) }, readAnnotations(block, place));
  });
  const weights = modelWeightsSchema.optional().safeParse(value['weights']);
  if (!weights.success) {
    const fault = issuesText(weights.error, value['weights'], 1);
    warnings.push(damaged(`${file}: its weights cannot be read and are skipped (${fault}).`));
  }
  const name = value['name'];
  if (typeof name !== 'string') warnings.push(damaged(`${file} has no name; 'model' is used.`));
  return {
    document: annotated<ModelDocument>(
      {
        format: MODEL_FORMAT,
        version: MODEL_VERSION,
        name: typeof name === 'string' ? name : 'model',
        ...readGraph(value),
        blocks,
        ...(weights.data === undefined ? {} : { weights: weights.data }),
      },
      readAnnotations(value),
    ),
    warnings,
  };
}

/** The node without its damaged optional fields; null if required fields are damaged. */
function mendedNode(value: unknown, error: z.ZodError): { item: ModelNode; words: string } | null {
  const read = readDamagedNode(value, error);
  if (read === null) return null;
  const { node, dropped } = read;
  return {
    item: node,
    words: `, '${node.name}', is read without ${dropped.map((field) => `'${field}'`).join(' and ')}`,
  };
}

const OPTIONAL_OF_EDGE: ReadonlySet<string> = new Set(['sourcePort', 'targetPort']);

/** The edge without its damaged ports; null if other fields are damaged. */
function mendedEdge(value: unknown, error: z.ZodError): { item: ModelEdge; words: string } | null {
  const faults = [...new Set(error.issues.map(({ path }) => String(path[0])))];
  if (faults.some((field) => !OPTIONAL_OF_EDGE.has(field))) return null;
  const fields = Object.entries(value as object).filter(([field]) => !faults.includes(field));
  const item = modelEdgeSchema.parse(Object.fromEntries(fields));
  return { item, words: ` is read without ${faults.map((field) => `'${field}'`).join(' and ')}` };
}

/** Removes duplicate ids and dangling edges, which edits rely on. */
function mend({ document, warnings }: ParsedModel, file: string): ParsedModel {
  const found: AppError[] = [...warnings];
  const blockIds = new Set<string>();
  const blocks = document.blocks.filter((block) => {
    if (!blockIds.has(block.id)) return blockIds.add(block.id);
    found.push(damaged(`${file}: block '${block.name}' repeats the id '${block.id}' and is skipped.`));
    return false;
  });
  return {
    document: {
      ...mendGraph(document, file, found),
      blocks: blocks.map((block) => mendGraph(block, `${file}, block '${block.name}'`, found)),
    },
    warnings: found,
  };
}

function mendGraph<Graph extends ModelGraphParts>(graph: Graph, where: string, warnings: AppError[]): Graph {
  const report = (message: string) => void warnings.push(damaged(`${where}: ${message}`));
  const ids = new Set<string>();
  const isFirst = ({ id }: { readonly id: string }, what: string): boolean => {
    if (!ids.has(id)) return ids.add(id).size > 0;
    report(`${what} repeats the id '${id}' and is skipped.`);
    return false;
  };
  const known = graph.nodes.filter((node) => isFirst(node, `node '${node.name}'`));
  const nodeIds = new Set(ids);
  const groups = graph.groups?.filter((group) => isFirst(group, `group '${group.name}'`));
  const groupIds = new Set(groups?.map(({ id }) => id));
  const inGroup = <Member extends ModelNode | ModelNote>(member: Member, what: string): Member => {
    if (member.group === undefined || groupIds.has(member.group)) return member;
    report(`${what} is in the group '${member.group}', which does not exist, and is shown without it.`);
    return ungrouped(member);
  };
  const nodes = known.map((node) => inGroup(node, `node '${node.name}'`));
  const notes = graph.notes
    ?.filter((note) => isFirst(note, 'a note'))
    .map((note) => inGroup(note, `note '${note.id}'`));
  const near = placedNear([...nodes, ...(notes ?? [])], report);
  const edgeIds = new Set<string>();
  const edges = graph.edges.filter((edge) => {
    const reason = edgeIds.has(edge.id)
      ? `repeats the id '${edge.id}'`
      : !nodeIds.has(edge.source)
        ? `starts at node '${edge.source}', which does not exist,`
        : !nodeIds.has(edge.target)
          ? `ends at node '${edge.target}', which does not exist,`
          : null;
    if (reason === null) return edgeIds.add(edge.id);
    report(`edge '${edge.id}' ${reason} and is skipped.`);
    return false;
  });
  return annotated({ ...graph, nodes: nodes.map(near), edges }, { notes: notes?.map(near), groups });
}

/** Moves nodes and notes that are too far from the others near them. */
function placedNear(items: readonly (ModelNode | ModelNote)[], report: (message: string) => void) {
  const places = bringNear(items);
  for (const item of items) {
    const { x, y } = item.position;
    if (!places.has(item.id) || !Number.isFinite(x) || !Number.isFinite(y)) continue;
    const what = 'name' in item ? `node '${item.name}'` : `note '${item.id}'`;
    report(`${what} is too far from the others (x ${x}, y ${y}) and is shown below them.`);
  }
  return <Item extends ModelNode | ModelNote>(item: Item): Item => {
    const position = places.get(item.id);
    return position === undefined ? item : { ...item, position };
  };
}

function damaged(message: string): AppError {
  return new AppError('document/damaged', message);
}
