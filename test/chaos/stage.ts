import type { Random } from '../support/random.ts';
import type { Build, Slot } from './crew.ts';
import type { History } from './history.ts';
import type { Doing, Fault } from './plan.ts';
import type { Shelf } from './shelf.ts';
import type { TrueFile } from './truth.ts';
import { type Origin, origins, type World } from './world.ts';

/** Where faults happen. */
export type Stage = {
  readonly world: World;
  readonly history: History;
  readonly files: readonly TrueFile[];
  readonly shelf: Shelf;
  readonly random: Random;
  /** Taken in turns by rolling upgrades. */
  readonly builds: readonly Build[];
};

/** Makes one kind of fault happen, from its beginning to its end. */
export type Players<D extends Doing = Doing> = {
  readonly [Each in D]: (fault: Extract<Fault, { do: Each }>, stage: Stage) => Promise<void> | void;
};

export const slotOf = ({ world: { crew } }: Stage, index: number): Slot => crew.slots[index % crew.slots.length]!;

export const originOf = (index: number): Origin => origins[index % origins.length]!;
