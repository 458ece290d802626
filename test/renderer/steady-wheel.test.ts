import { expect, test } from 'vitest';
import { keepWheelListener } from '../../src-renderer/features/model/canvas/view/steady-wheel.ts';

test('keepWheelListener registers one wheel listener that calls the current ones; other events are unchanged', () => {
  const element = new EventTarget() as HTMLElement;
  const heard: string[] = [];
  const early = () => heard.push('early');
  element.addEventListener('wheel', early);
  const registered: string[] = [];
  const add = element.addEventListener.bind(element);
  element.addEventListener = ((...listener: Parameters<typeof add>) => {
    registered.push(listener[0]);
    add(...listener);
  }) as typeof add;
  keepWheelListener(element);
  const later = { handleEvent: () => heard.push('later') };
  element.removeEventListener('wheel', early);
  element.addEventListener('wheel', later);
  element.addEventListener('keydown', () => heard.push('key'));
  element.dispatchEvent(new Event('wheel'));
  element.dispatchEvent(new Event('keydown'));
  element.removeEventListener('wheel', later);
  element.dispatchEvent(new Event('wheel'));
  expect(heard).toEqual(['later', 'key']);
  expect(registered).toEqual(['wheel', 'keydown']);
});
