import { mount } from 'svelte';
import { z } from 'zod';
import { connect, pathOf } from './connection/connect.ts';
import { enterSession } from './connection/session.ts';
import './theme/base.css';
import EmptyState from './ui/EmptyState.svelte';
import App from './workbench/App.svelte';

// The content security policy allows no code made from text, which zod would otherwise try.
z.config({ jitless: true });

const target = document.getElementById('app');
if (target === null) throw new Error('The page has no element with the id "app".');

async function open(page: HTMLElement): Promise<void> {
  const refusal = window.lamina === undefined ? await enterSession() : null;
  if (refusal === null) {
    mount(App, { target: page, props: { client: connect(), pathOf } });
    return;
  }
  mount(EmptyState, {
    target: page,
    props: { icon: 'error', title: 'This browser has not been let in', text: refusal },
  });
  // Another window of this browser was let in, and this one with it.
  addEventListener('storage', () => location.reload());
}

void open(target);
