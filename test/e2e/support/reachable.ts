import type { Page } from 'playwright';

/**
 * Controls of the page that cannot be scrolled fully into view or are covered, and clipped text. Content of scrollable
 * and zoomable areas, such as the canvas, counts as reachable.
 */
export async function unreachable(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const dialog = document.querySelector('dialog[open]');
    const controls = (dialog ?? document).querySelectorAll<HTMLElement>(
      'button, input, select, textarea, a[href], summary, [role="tab"], [role="option"], [role="separator"]',
    );
    const nameOf = (element: HTMLElement) =>
      `${element.tagName.toLowerCase()} '${element.getAttribute('aria-label') ?? (element.innerText.trim().slice(0, 40) || element.id)}'`;
    for (const control of controls) {
      if (!control.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
      if (control.closest('.svelte-flow__viewport, .visually-hidden') !== null) continue;
      control.scrollIntoView({ block: 'nearest', inline: 'nearest' });
      const { left, top, right, bottom } = control.getBoundingClientRect();
      if (right - left < 2 || bottom - top < 2) continue;
      if (left < -1 || top < -1 || right > innerWidth + 1 || bottom > innerHeight + 1) {
        const box = [left, top, right, bottom].map(Math.round).join(' ');
        found.push(`${nameOf(control)} reaches out of the window: ${box} in ${innerWidth} × ${innerHeight}`);
        continue;
      }
      const there = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
      const own =
        there !== null &&
        (control.contains(there) || there.contains(control) || there.closest('label')?.contains(control) === true);
      if (!own) found.push(`${nameOf(control)} lies under ${there?.outerHTML.slice(0, 80) ?? 'nothing'}`);
    }
    for (const element of (dialog ?? document.body).querySelectorAll<HTMLElement>('*')) {
      if (element.closest('.svelte-flow, .visually-hidden, select, svg') !== null || !element.checkVisibility())
        continue;
      const { overflowX, overflowY, textOverflow } = getComputedStyle(element);
      const hides = (overflow: string) => overflow === 'hidden';
      const tall = hides(overflowY) && element.scrollHeight > element.clientHeight + 3;
      const wide = hides(overflowX) && element.scrollWidth > element.clientWidth + 3 && textOverflow !== 'ellipsis';
      if ((tall || wide) && element.clientWidth > 0 && element.innerText?.trim() !== '')
        found.push(
          `${element.tagName.toLowerCase()}.${element.className} cuts off ${element.scrollWidth} × ${element.scrollHeight} at ${element.clientWidth} × ${element.clientHeight}`,
        );
    }
    return found;
  });
}
