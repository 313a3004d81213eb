import { type Bench, type Check, expect, expectThat } from '../bench';

const contextPath = async (bench: Bench, path: string): Promise<unknown> => {
  const client = await bench.connect({ path });
  const { event } = await bench.registered(client);
  return event.requestContext?.['path'];
};

export const addressChecks: readonly Check[] = [
  {
    row: 'address.client',
    setup: 'default',
    async run(bench) {
      const { event } = await bench.registered(await bench.connect());
      expect('requestContext.stage', event.requestContext?.['stage'], stageOf(bench.target.url));
    },
  },
  {
    row: 'address.stages',
    setup: 'default',
    async run(bench) {
      for (const stage of ['release', 'prepub', 'test']) {
        const path = new URL(bench.target.url).pathname.replace(/^\/[a-z]+/, `/${stage}`);
        const { event } = await bench.registered(await bench.connect({ path }));
        expect('requestContext.stage', event.requestContext?.['stage'], stage);
      }
    },
  },
  {
    row: 'address.stage-unpublished',
    setup: 'paths',
    async run(bench) {
      const { status } = await bench.refused({ path: '/test/paths' });
      expect('the status', status, 404);
    },
  },
  {
    row: 'address.path-exact',
    setup: 'paths',
    async run(bench) {
      expect('the API', await contextPath(bench, '/release/paths/exact'), '/paths/exact');
    },
  },
  {
    row: 'address.path-prefix',
    setup: 'default',
    async run(bench) {
      const { pathname } = new URL(bench.target.url);
      const template = await contextPath(bench, pathname);
      expect('the API', await contextPath(bench, `${pathname}/a/b`), template);
    },
  },
  {
    row: 'address.path-dynamic',
    setup: 'paths',
    async run(bench) {
      expect('the API', await contextPath(bench, '/release/paths/7'), '/paths/{room}');
    },
  },
  {
    row: 'address.path-order',
    setup: 'paths',
    async run(bench) {
      expect('dynamic or prefix', await contextPath(bench, '/release/paths/x'), '/paths/{room}');
      expect(
        'the longer prefix',
        await contextPath(bench, '/release/paths/exact/x'),
        '/paths/exact',
      );
    },
  },
  {
    row: 'address.path-template',
    setup: 'paths',
    async run(bench) {
      expect('requestContext.path', await contextPath(bench, '/release/paths/7'), '/paths/{room}');
    },
  },
  {
    row: 'address.push',
    setup: 'default',
    run(bench) {
      const { pathname, protocol } = new URL(bench.target.pushUrl);
      expectThat('its form', protocol === 'http:', protocol);
      expectThat('its path', /^\/api-[a-z0-9]{8}$/.test(pathname), pathname);
      return Promise.resolve();
    },
  },
  {
    row: 'address.push-port',
    setup: 'default',
    run(bench) {
      expect('the port', new URL(bench.target.pushUrl).port, new URL(bench.target.url).port);
      return Promise.resolve();
    },
  },
  {
    row: 'address.push-variables',
    setup: 'default',
    async run(bench) {
      const client = await bench.connect();
      const id = await client.id();
      const { environment } = await bench.event('transfer', id);
      for (const name of ['sendbackHost', 'wsBackUrl', 'url']) {
        const websocket = {
          action: 'data send',
          secConnectionID: id,
          dataType: 'text',
          data: name,
        };
        const answer = await bench.post(environment[name] ?? '', JSON.stringify({ websocket }));
        expect(`the push to ${name}`, answer.errNo, 0);
        expect('the message', await client.text(), name);
      }
    },
  },
];

function stageOf(url: string): string | undefined {
  return new URL(url).pathname.split('/')[1];
}
