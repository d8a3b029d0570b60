// Follows one backtest with the reference graphql-ws client and prints a JSON line for each thing
// that happens. Usage: node subscribe.mjs <ws url> <backtest id> [authorization] [retries]
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const [url, id, authorization, retries = '0'] = process.argv.slice(2);
const tell = (event, detail = null) => console.log(JSON.stringify({ event, detail }));

const client = createClient({
  url,
  webSocketImpl: WebSocket,
  connectionParams: authorization ? { authorization } : undefined,
  retryAttempts: Number(retries),
  retryWait: () => new Promise((resolve) => setTimeout(resolve, 50)),
  shouldRetry: () => true,
  on: {
    connected: () => tell('connected'),
    closed: (event) => tell('closed', event.code ?? null),
  },
});

client.subscribe(
  {
    query: 'subscription ($id: ID!) { backtestProgress(id: $id) { status progress stage failure } }',
    variables: { id },
  },
  {
    next: (result) => tell('next', result.data?.backtestProgress ?? result.errors),
    error: (error) => {
      tell('error', error.code ?? error.message ?? error);
      process.exit(1);
    },
    complete: () => {
      tell('complete');
      client.dispose();
    },
  },
);
