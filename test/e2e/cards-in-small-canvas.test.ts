import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { openContext, useBrowser } from './support/browser.ts';
import { startHost } from './support/host.ts';
import { newFolders, readProject } from './support/project.ts';
import { Studio } from './support/studio.ts';

useBrowser();

/** The spirals example with `count` hidden layers, the last one with invalid units. */
function withHidden(model: ModelDocument, count: number): ModelDocument {
  const [input, dense, , classes, output] = model.nodes;
  const at = (index: number) => ({ x: 160, y: 112 * index });
  const hidden = Array.from({ length: count }, (_, index) => ({
    ...dense!,
    id: `h${index}`,
    name: `hidden_${index + 1}`,
    params: { units: index === count - 1 ? 0 : 32, activation: 'relu' },
    position: at(index + 1),
  }));
  const nodes = [
    { ...input!, position: at(0) },
    ...hidden,
    { ...classes!, position: at(count + 1) },
    { ...output!, position: at(count + 2) },
  ];
  const edges = nodes.slice(1).map((node, index) => ({ id: `e${index}`, source: nodes[index]!.id, target: node.id }));
  return { ...model, nodes, edges };
}

test.each([
  { width: 1280, height: 800, hidden: 2 },
  { width: 1280, height: 800, hidden: 9 },
  { width: 853, height: 533, hidden: 2 },
])(
  'with the drawer open at $width × $height, cards of $hidden hidden layers show their shapes and problems',
  async ({ hidden, ...size }) => {
    const folders = newFolders('spirals');
    const model = withHidden(readProject(folders.project).model, hidden);
    writeFileSync(join(folders.project, 'spirals.lamina.json'), JSON.stringify(model));
    const host = await startHost(folders.project, folders.config);
    const studio = await Studio.open(await openContext('light', size), host);
    const { page } = studio;
    await page.getByRole('tab', { name: 'Curves', selected: true }).waitFor();
    await page.getByRole('img', { name: 'has a problem' }).first().waitFor();
    const cards = () =>
      page.evaluate(() =>
        [...document.querySelectorAll('.svelte-flow__node')].map((node) => {
          const area = document.querySelector('.svelte-flow')!.getBoundingClientRect();
          const { left, top, right, bottom, height } = node.getBoundingClientRect();
          const text = node.querySelector('.shape');
          const mark = node.querySelector('[role="img"]')?.getBoundingClientRect();
          const zoom = height / 76;
          return {
            name: node.getAttribute('aria-label')!.split(',')[0],
            inView: left >= area.left && top >= area.top && right <= area.right && bottom <= area.bottom,
            shape: text?.textContent ?? null,
            /** Font size in screen pixels. */
            letters: text === null ? 0 : zoom * Number.parseFloat(getComputedStyle(text).fontSize),
            mark: mark === undefined ? 0 : Math.min(mark.width, mark.height),
          };
        }),
      );
    await expect.poll(async () => (await cards()).every(({ inView }) => inView)).toBe(true);
    // Shapes appear after the data is prepared.
    await expect.poll(async () => (await cards())[0]?.shape).toBe('2');
    const shown = await cards();
    expect(shown).toHaveLength(hidden + 3);
    expect(shown[0]).toMatchObject({ name: 'input', shape: '2' });
    if (hidden > 1) expect(shown[1]).toMatchObject({ name: 'hidden_1', shape: '32' });
    for (const { name, shape, letters } of shown) {
      expect(shape, name).not.toBeNull();
      expect(letters, name).toBeGreaterThan(6);
    }
    const broken = shown.find(({ name }) => name === `hidden_${hidden}`);
    expect(broken?.mark).toBeGreaterThan(7);
    expect(studio.errors).toEqual([]);
  },
);
