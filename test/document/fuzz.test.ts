import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createHistory, goTo, redo, seal, undo, type History } from '../../src-shared/document/history/history.ts';
import { modelDocumentSchema, type ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { applyPatch } from '../../src-shared/document/history/patch.ts';
import { parseModelDocument } from '../../src-shared/document/reading/parse.ts';
import { byPortion, seedsOf } from '../support/portion.ts';
import { countingIds, createRandom, emptyModel, randomEdit } from './random-edits.ts';
import { applyAndUndo, performChange } from '../support/apply-and-undo.ts';

const text = (document: ModelDocument) => JSON.stringify(document);

describe.each([1, 2, 3, 4, 5, 20261121])('random edits, seed %i', (seed) => {
  it('can be undone exactly, and their document parses without changes', () => {
    const random = createRandom(seed);
    const createId = countingIds();
    let document = emptyModel;
    for (let i = 0; i < 300; i += 1) {
      const change = randomEdit(document, random, createId);
      if (change !== null) document = applyAndUndo(document, change);
    }
    for (const { nodes } of [document, ...document.blocks]) {
      for (const node of nodes) {
        const owner = nodes.find(({ id }) => id === node.weightsOf);
        if (node.weightsOf !== undefined) expect([owner?.kind, owner?.weightsOf]).toEqual([node.kind, undefined]);
      }
    }
    expect(modelDocumentSchema.parse(document)).toEqual(document);
    const reread = parseModelDocument(JSON.parse(text(document)));
    expect(reread.warnings).toEqual([]);
    expect(reread.document).toEqual(document);
  });

  it('can be undone and redone in history with the same documents', () => {
    const random = createRandom(seed);
    const createId = countingIds();
    let history = createHistory(emptyModel);
    const seen = [text(history.documents)];
    while (seen.length < 120) {
      const change = randomEdit(history.documents, random, createId);
      if (change === null) continue;
      const { gesture: _gesture, ...alone } = change;
      history = performChange(history, alone);
      if (history.done.length === seen.length) seen.push(text(history.documents));
    }
    for (let i = seen.length - 2; i >= 0; i -= 1) {
      history = undo(history);
      expect(text(history.documents)).toBe(seen[i]);
    }
    expect(undo(history)).toBe(history);
    for (let i = 1; i < seen.length; i += 1) {
      history = redo(history);
      expect(text(history.documents)).toBe(seen[i]);
    }
    expect(redo(history)).toBe(history);
  });
});

const edited = byPortion({ quick: 1500, ci: 10_000, soak: 30_000 });
const editSeeds = seedsOf('edits', { quick: 1, ci: 2, soak: 20 });

it.each(editSeeds)(
  `${edited} random edits, undone and redone: each document equals its replay, seed %i`,
  (seed) => {
    const random = createRandom(seed);
    const createId = countingIds();
    const digest = (document: ModelDocument) => createHash('sha1').update(text(document)).digest('base64');
    let history = createHistory(emptyModel);
    // seen[n]: the document after n steps of history.
    let seen = [digest(emptyModel)];
    let edits = 0;
    const go = (next: History<ModelDocument>) => {
      history = next;
      expect(digest(history.documents)).toBe(seen[history.done.length]);
    };
    while (edits < edited) {
      const draw = random();
      if (draw < 0.12) go(undo(history));
      else if (draw < 0.22) go(redo(history));
      else if (draw < 0.23) go(goTo(history, Math.max(0, history.done.length + Math.round(random() * 40 - 20))));
      else if (draw < 0.3) go(seal(history));
      else {
        const change = randomEdit(history.documents, random, createId, 60);
        if (change === null) continue;
        edits += 1;
        const next = performChange(history, change);
        if (next === history) continue;
        history = next;
        seen = seen.slice(0, history.done.length);
        seen.push(digest(history.documents));
      }
    }
    expect(modelDocumentSchema.parse(history.documents)).toEqual(history.documents);
    const replayed = history.done.reduce((current, step) => applyPatch(current, step.forward), emptyModel);
    expect(text(replayed)).toBe(text(history.documents));
    const last = text(history.documents);
    const steps = history.done.length;
    go(goTo(history, 0));
    expect(text(history.documents)).toBe(text(emptyModel));
    go(goTo(history, steps));
    expect(text(history.documents)).toBe(last);
  },
  7_200_000,
);
