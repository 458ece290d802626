import { mount } from 'svelte';
import { z } from 'zod';
import { connect } from './connection/connect.ts';
import './theme/base.css';
import App from './workbench/App.svelte';

// The content security policy allows no code made from text, which zod would otherwise try.
z.config({ jitless: true });

const target = document.getElementById('app');
if (target === null) throw new Error('The page has no element with the id "app".');

mount(App, { target, props: { client: connect() } });
