import type { Part } from '../control/part.ts';

export const managerPart = (_options: unknown): Part => ({ name: 'manager', start: () => {} });
