import type { Locator } from 'playwright';

/**
 * Controls that cannot be seen and clicked without scrolling: their boxes must be inside the window and inside every
 * clipping ancestor, and nothing may cover their centers.
 * @returns One line each, with boxes in CSS pixels; empty if all are in view.
 */
export async function outOfView(locator: Locator): Promise<string[]> {
  await locator.first().waitFor();
  return locator.evaluateAll((elements) =>
    elements.flatMap((element) => {
      const box = element.getBoundingClientRect();
      const words = [box.left, box.top, box.right, box.bottom].map(Math.round).join(' ');
      const name = `'${element.getAttribute('aria-label') ?? element.textContent.trim().slice(0, 40)}' at ${words}`;
      const { left, top, right, bottom } = box;
      if (left < 0 || top < 0 || right > innerWidth + 0.5 || bottom > innerHeight + 0.5)
        return [`${name} reaches out of the window of ${innerWidth} × ${innerHeight}`];
      for (let around = element.parentElement; around !== null; around = around.parentElement) {
        const { overflowX, overflowY } = getComputedStyle(around);
        if (overflowX === 'visible' && overflowY === 'visible') continue;
        const clip = around.getBoundingClientRect();
        if (left < clip.left - 1 || top < clip.top - 1 || right > clip.right + 1 || bottom > clip.bottom + 1)
          return [`${name} is cut off by ${around.tagName.toLowerCase()}.${around.className}`];
        // A dialog is in the top layer: ancestors do not clip it.
        if (around.tagName === 'DIALOG') break;
      }
      const there = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
      const own = there !== null && (element.contains(there) || there.contains(element));
      return own ? [] : [`${name} lies under ${there?.outerHTML.slice(0, 80) ?? 'nothing'}`];
    }),
  );
}
