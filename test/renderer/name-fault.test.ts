import { expect, it } from 'vitest';
import { nameFault } from '../../src-renderer/features/model/inspector/name-fault.ts';
import type { ModelNode } from '../../src-shared/document/schema/model-document.ts';

it('nameFault reports duplicate, empty and invalid names', () => {
  const named = (id: string, name: string): ModelNode => {
    return { id, kind: 'Dense', name, params: {}, position: { x: 0, y: 0 }, frozen: false };
  };
  const nodes = [named('a', 'hidden'), named('b', 'hidden'), named('c', ''), named('d', 'x/y'), named('e', 'own')];
  expect(nodes.map((node) => nameFault(node, nodes))).toMatchInlineSnapshot(`
    [
      "Another layer has this name.",
      "Another layer has this name.",
      "A name is needed.",
      "A name has no '/' in it.",
      null,
    ]
  `);
});
