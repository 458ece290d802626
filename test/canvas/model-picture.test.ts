import { describe, expect, it } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { MODEL_FORMAT, MODEL_VERSION } from '../../src-shared/document/schema/model-document.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { lightColours } from '../../src-shared/canvas/picture/colours.ts';
import { modelPicture } from '../../src-shared/canvas/picture/model-picture.ts';

const document: ModelDocument = {
  format: MODEL_FORMAT,
  version: MODEL_VERSION,
  name: 'model',
  nodes: [
    { id: 'i', kind: 'Input', name: 'in', params: { shape: [4] }, position: { x: 0, y: -50 }, frozen: false },
    { id: 'd', kind: 'Dense', name: '<dense> & co', params: { units: 3 }, position: { x: 0, y: 100 }, frozen: true },
  ],
  edges: [{ id: 'e', source: 'i', target: 'd' }],
  blocks: [],
};

describe('modelPicture', () => {
  it('draws every card with name, kind, shape, parameters and frozen state', () => {
    const svg = modelPicture(document, analyze(document, null), { colours: lightColours });
    for (const words of ['>in<', '>Dense 3<', '>15<', '>frozen<', '&lt;dense&gt; &amp; co'])
      expect(svg).toContain(words);
    expect(svg).toMatch(/^<svg [^>]*viewBox="-24 -74 228 274"/);
    expect(svg.match(/<path [^>]*d="M90 26L90 100"/g)).toHaveLength(1);
  });

  it('starts connections at the right edge when cards are side by side', () => {
    const beside = document.nodes.map((node) => (node.id === 'd' ? { ...node, position: { x: 300, y: -50 } } : node));
    const svg = modelPicture({ ...document, nodes: beside }, null, { colours: lightColours });
    expect(svg.match(/<path [^>]*d="M180 -12L300 -12"/g)).toHaveLength(1);
  });

  it('routes connections around cards and widens the picture for them', () => {
    const end = { ...document.nodes[1]!, id: 'o', position: { x: 0, y: 250 } };
    const edges = ['i d', 'd o', 'i o'].map((id) => ({ id, source: id[0]!, target: id[2]! }));
    const svg = modelPicture({ nodes: [...document.nodes, end], edges }, null, { colours: lightColours });
    expect(svg).toContain('C90 63 196 63 196 100L196 176C');
    expect(svg).toMatch(/^<svg [^>]*viewBox="-24 -74 244 424"/);
  });

  it('draws connections with the same ends apart, also around cards', () => {
    const [input, dense] = document.nodes;
    const add = { ...dense!, id: 'a', kind: 'Add', position: { x: 0, y: 250 } };
    const twice = ['1', '2'].map((id) => ({ id, source: 'i', target: 'a' }));
    const starts = (nodes: ModelDocument['nodes']) =>
      [
        ...modelPicture({ nodes, edges: twice }, null, { colours: lightColours }).matchAll(/d="(M[^"]*)" fill="none"/g),
      ].map(([, path]) => path!);
    expect(starts([input!, add])).toEqual(['M83 26L83 250', 'M97 26L97 250']);
    const lanes = starts([input!, dense!, add]).map((path) => Number(/L(\S+) /.exec(path)![1]));
    expect(Math.abs(lanes[0]! - lanes[1]!)).toBeGreaterThanOrEqual(12);
  });

  it('ends connections at the ports of a card', () => {
    const subtract = { ...document.nodes[1]!, id: 's', kind: 'Subtract', position: { x: 0, y: 100 } };
    const edges = ['a', 'b'].map((targetPort) => ({ id: targetPort, source: 'i', target: 's', targetPort }));
    const picture = (nodes: ModelDocument['nodes']) => modelPicture({ nodes, edges }, null, { colours: lightColours });
    const down = picture([document.nodes[0]!, subtract]);
    expect(down).toContain('data-id="a" d="M90 26C90 63 60 63 60 100"');
    expect(down).toContain('data-id="b" d="M90 26C90 63 120 63 120 100"');
    const right = picture([document.nodes[0]!, { ...subtract, position: { x: 300, y: -50 } }]);
    expect(right).toMatch(/data-id="b" d="M180 -12C[^"]* 300 1"/);
  });

  it('marks added and removed parts', () => {
    const status = new Map([
      ['d', 'added' as const],
      ['e', 'removed' as const],
    ]);
    const svg = modelPicture(document, null, { colours: lightColours, status });
    expect(svg).toContain(lightColours.added);
    expect(svg).toContain(lightColours.removed);
    expect(svg).toMatch(/data-id="e"[^>]*marker-end="url\(#arrow-removed\)"/);
    expect(svg).toMatch(new RegExp(`<marker id="arrow-removed"[^]*?fill="${lightColours.removed}"`));
  });

  it('draws notes, group frames, and a collapsed group as one card', () => {
    const nodes = document.nodes.map((node) => (node.id === 'd' ? { ...node, group: 'g' } : node));
    const notes = [{ id: 'n', text: 'a <b> few words', position: { x: 300, y: 0 }, size: { width: 100, height: 60 } }];
    const picture = (collapsed: boolean) => {
      const groups = [{ id: 'g', name: 'Head', collapsed }];
      return modelPicture({ ...document, nodes, notes, groups }, analyze(document, null), { colours: lightColours });
    };
    const open = picture(false);
    for (const words of ['>a &lt;b&gt; few<', '>words<', '>Head<', '>Dense 3<']) expect(open).toContain(words);
    expect(open).toMatch(/viewBox="-34 -74 458 /);
    const folded = picture(true);
    for (const words of ['>Group 1 layer<', '>Head<', '>15<']) expect(folded).toContain(words);
    expect(folded).not.toContain('>Dense 3<');
    expect(folded.match(/<path [^>]*d="M90 26L90 100"/g)).toHaveLength(1);
  });

  it('fits the view box to the content plus a margin', () => {
    const far = document.nodes.map((node) => ({ ...node, position: { x: 160, y: node.position.y + 130 } }));
    const svg = modelPicture({ ...document, nodes: far }, null, { colours: lightColours });
    expect(svg).toMatch(/^<svg [^>]*viewBox="136 56 228 274"/);
    const before = document.nodes.map((node) => ({ ...node, position: { x: -500, y: -400 } }));
    const svgBefore = modelPicture({ nodes: before, edges: [] }, null, { colours: lightColours });
    expect(svgBefore).toMatch(/^<svg [^>]*viewBox="-524 -424 228 124"/);
  });

  it('draws an empty model', () => {
    expect(modelPicture({ nodes: [], edges: [] }, null, { colours: lightColours })).toContain('</svg>');
  });
});
