import { answers } from './answers.ts';
import { listings } from './listings.ts';
import { manifests } from './manifests.ts';
import { secrets } from './secrets.ts';
import { policies, settings } from './settings.ts';
import type { Subject } from './subject.ts';

/** Everything that takes input from strangers, but for the files themselves. */
export const subjects: readonly Subject[] = [manifests, secrets, policies, settings, listings, answers];
