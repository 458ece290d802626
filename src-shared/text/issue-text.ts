import type { z } from 'zod';
import { showValue } from './show-value.ts';
import type { Json } from './show-value.ts';
import { expectedName } from './suggest.ts';

// Schema errors as text for users: 'loss.delta: expected a number above 0, received -1'.

/** Longer values are cut in messages. */
const LONGEST_VALUE = 60;

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object with named fields',
  record: 'an object with named fields',
  null: 'nothing',
  never: 'nothing',
};

/**
 * The first issues as text.
 * @param root The parsed value, from which messages quote what was received.
 */
export function issuesText(error: z.ZodError, root?: unknown, limit = 3): string {
  const texts = error.issues.slice(0, limit).map((issue) => issueText(issue, root));
  const more = error.issues.length - texts.length;
  return texts.join('; ') + (more > 0 ? `; and ${more} more` : '');
}

/** One issue with its path: 'nodes.0.kind: expected text, received 3'. */
export function issueText(given: z.core.$ZodIssue, root?: unknown): string {
  const issue = nearestIssue(given);
  const path = issue.path.map(String).join('.');
  const expected = expectationText(issue, root === undefined ? undefined : receivedAt(issue, root));
  const message = expected + (root === undefined || expected.includes('received') ? '' : receivedText(issue, root));
  return path === '' ? message : `${path}: ${message}`;
}

/** 'expected a number above 0'. */
export function expectationText(issue: z.core.$ZodIssue, received?: unknown): string {
  // Messages of custom refinements are complete.
  return issue.code === 'custom' ? issue.message : `expected ${expectation(issue, received)}`;
}

function expectation(issue: z.core.$ZodIssue, received: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return kinds[issue.expected] ?? issue.expected;
    case 'too_small':
      return sized(issue.origin, issue.minimum, issue.inclusive === true ? 'at least' : 'above');
    case 'too_big':
      return sized(issue.origin, issue.maximum, issue.inclusive === true ? 'at most' : 'below');
    case 'invalid_value':
      return issue.values.length === 1
        ? quoted(issue.values[0])
        : expectedName(
            received,
            issue.values.map((value) => String(value)),
          );
    case 'unrecognized_keys':
      return `no field called ${issue.keys.map((key) => `'${key}'`).join(', ')}`;
    case 'invalid_union':
      return 'options' in issue && issue.options !== undefined
        ? expectedName(received, issue.options.map(String))
        : 'a value of another form';
    default:
      return issue.message.replace(/^Invalid input: /, '').replace(/^expected /, '');
  }
}

function sized(origin: string, limit: number | bigint, relation: string): string {
  if (origin === 'string') return relation === 'at least' && limit === 1 ? 'text' : `${relation} ${limit} characters`;
  if (origin === 'array' || origin === 'set') return `${relation} ${limit} ${limit === 1 ? 'entry' : 'entries'}`;
  return `${origin === 'int' ? 'a whole number' : 'a number'} ${relation === 'at least' || relation === 'at most' ? `of ${relation}` : relation} ${limit}`;
}

const quoted = (value: unknown) => (typeof value === 'string' ? `'${value}'` : String(value));

/** The value at the issue's path; undefined if there is none. */
function receivedAt({ path }: z.core.$ZodIssue, root: unknown): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

function receivedText(issue: z.core.$ZodIssue, root: unknown): string {
  const value = receivedAt(issue, root);
  if (value === undefined) return ', received nothing';
  const shown = showValue(value as Json);
  return `, received ${shown.length > LONGEST_VALUE ? `${shown.slice(0, LONGEST_VALUE)}…` : shown}`;
}

/** For a failed union: the issue of the closest branch. */
function nearestIssue(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const nearest = issue.errors
    .flatMap((issues) => issues.slice(0, 1).map(nearestIssue))
    .reduce<z.core.$ZodIssue | null>(
      (best, other) => (best === null || nearness(other) > nearness(best) ? other : best),
      null,
    );
  return nearest === null || nearness(nearest) === 0 ? issue : { ...nearest, path: [...issue.path, ...nearest.path] };
}

/** Rank of an issue: an invalid field means a closer branch than a value of another type. */
function nearness({ code, path }: z.core.$ZodIssue): number {
  if (code === 'custom') return 3;
  if (path.length > 0 && code !== 'invalid_union') return 2;
  return code === 'invalid_value' ? 1 : 0;
}
