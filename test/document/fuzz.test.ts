import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  createHistory,
  goTo,
  perform,
  redo,
  seal,
  undo,
  type History,
} from '../../src-shared/document/history/history.ts';
import { modelDocumentSchema, type ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { applyChange, type Change } from '../../src-shared/document/history/operations.ts';
import { parseModelDocument } from '../../src-shared/document/reading/parse.ts';
import { byPortion, seedsOf } from '../support/portion.ts';
import { countingIds, createRandom, emptyModel, randomEdit } from './random-edits.ts';

const text = (document: ModelDocument) => JSON.stringify(document);

describe.each([1, 2, 3, 4, 5, 20261121])('random edits, seed %i', (seed) => {
  it('are undone exactly by their inverses, one by one and all together', () => {
    const random = createRandom(seed);
    const createId = countingIds();
    let document = emptyModel;
    const inverses: Change[] = [];
    const changes: Change[] = [];
    for (let i = 0; i < 300; i += 1) {
      const change = randomEdit(document, random, createId);
      if (change === null) continue;
      const applied = applyChange(document, change);
      const back = applyChange(applied.document, applied.inverse);
      expect(text(back.document), `${i}: ${change.label}`).toBe(text(document));
      expect(text(applyChange(back.document, back.inverse).document)).toBe(text(applied.document));
      document = applied.document;
      changes.push(change);
      inverses.push(applied.inverse);
    }
    expect(modelDocumentSchema.parse(document)).toEqual(document);
    const reread = parseModelDocument(JSON.parse(text(document)));
    expect(reread.warnings).toEqual([]);
    expect(reread.document).toEqual(document);
    const replayed = changes.reduce((current, change) => applyChange(current, change).document, emptyModel);
    expect(text(replayed)).toBe(text(document));
    const undone = inverses.reduceRight((current, inverse) => applyChange(current, inverse).document, document);
    expect(text(undone)).toBe(text(emptyModel));
  });

  it('go back and forth through history to the same documents', () => {
    const random = createRandom(seed);
    const createId = countingIds();
    let history = createHistory(emptyModel);
    const seen = [text(history.document)];
    while (seen.length < 120) {
      const change = randomEdit(history.document, random, createId);
      if (change === null) continue;
      const { gesture: _gesture, ...alone } = change;
      history = perform(history, alone);
      seen.push(text(history.document));
    }
    for (let i = seen.length - 2; i >= 0; i -= 1) {
      history = undo(history);
      expect(text(history.document)).toBe(seen[i]);
    }
    expect(undo(history)).toBe(history);
    for (let i = 1; i < seen.length; i += 1) {
      history = redo(history);
      expect(text(history.document)).toBe(seen[i]);
    }
    expect(redo(history)).toBe(history);
  });
});

const edited = byPortion({ quick: 1500, ci: 10_000, soak: 30_000 });
const editSeeds = seedsOf('edits', { quick: 1, ci: 2, soak: 20 });

it.each(editSeeds)(
  `${edited} edits, undone and redone at random: each document equals its replay, seed %i`,
  (seed) => {
    const random = createRandom(seed);
    const createId = countingIds();
    const digest = (document: ModelDocument) => createHash('sha1').update(text(document)).digest('base64');
    let history = createHistory(emptyModel);
    // seen[n]: the document after n steps of history.
    let seen = [digest(emptyModel)];
    let edits = 0;
    const go = (next: History) => {
      history = next;
      expect(digest(history.document)).toBe(seen[history.done.length]);
    };
    while (edits < edited) {
      const draw = random();
      if (draw < 0.12) go(undo(history));
      else if (draw < 0.22) go(redo(history));
      else if (draw < 0.23) go(goTo(history, Math.max(0, history.done.length + Math.round(random() * 40 - 20))));
      else if (draw < 0.3) go(seal(history));
      else {
        const change = randomEdit(history.document, random, createId, 60);
        if (change === null) continue;
        edits += 1;
        history = perform(history, change);
        seen = seen.slice(0, history.done.length);
        seen.push(digest(history.document));
      }
    }
    expect(modelDocumentSchema.parse(history.document)).toEqual(history.document);
    const replayed = history.done.reduce((current, step) => applyChange(current, step.forward).document, emptyModel);
    expect(text(replayed)).toBe(text(history.document));
    const last = text(history.document);
    const steps = history.done.length;
    go(goTo(history, 0));
    expect(text(history.document)).toBe(text(emptyModel));
    go(goTo(history, steps));
    expect(text(history.document)).toBe(last);
  },
  7_200_000,
);
