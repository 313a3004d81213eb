/** One Pushpin with all that it runs, in a folder of its own: no file of the installation is changed. */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { findProgram } from '../../../scripts/toolchain.mjs';
import { freePort } from '../../unit/cluster/redisServer';
import { Client, raw } from './clients';
import { launch, type Program } from './processes';

export async function startPushpin(
  folder: string,
  functionPort: number,
): Promise<{ program: Program; port: number; controlPort: number }> {
  const [port, controlPort] = [await freePort(), await freePort()];
  const file = path.join(folder, 'pushpin.conf');
  const routes = path.join(folder, 'routes');
  const run = path.join(folder, 'run');
  fs.mkdirSync(run);
  fs.writeFileSync(routes, `*,path_beg=/ 127.0.0.1:${functionPort},over_http\n`);
  fs.writeFileSync(file, configOf({ folder, run, routes, port, controlPort }));
  const args = ['--config', file];
  const ready = (line: string): boolean => line.includes('started');
  const program = await launch(findProgram(['pushpin']) as string, args, ready);
  // "started" is said before all its parts have found each other.
  for (let tried = 1; ; tried++) {
    try {
      (await Client.open(`ws://127.0.0.1:${port}/pushpin`, raw)).end();
      return { program, port, controlPort };
    } catch (error) {
      if (tried === 20) {
        await program.stop();
        throw error;
      }
      await wait(200);
    }
  }
}

/** The defaults of the package, but for places, ports, and the limit of messages a second: with any, pushes wait for a beat. */
function configOf(of: {
  folder: string;
  run: string;
  routes: string;
  port: number;
  controlPort: number;
}): string {
  const ipc = (name: string): string => `ipc://${of.run}/${name}`;
  const zurl = (name: string): string => ipc(`pushpin-zurl-${name}`);
  return `[global]
include={libdir}/internal.conf
rundir=${of.run}
ipc_prefix=pushpin-
port_offset=0

[runner]
services=condure,zurl,pushpin-proxy,pushpin-handler
http_port=127.0.0.1:${of.port}
logdir=${of.folder}
log_level=2
client_buffer_size=8192
client_maxconn=50000
condure_bin=condure
zurl_bin=zurl

[proxy]
routesfile=${of.routes}
sig_key=changeme
updates_check=off
zurl_out_specs=${zurl('in')}
zurl_out_stream_specs=${zurl('in-stream')}
zurl_in_specs=${zurl('out')}

[handler]
push_in_spec=${ipc('push-in')}
push_in_sub_specs=${ipc('push-in-sub')}
push_in_http_addr=127.0.0.1
push_in_http_port=${of.controlPort}
command_spec=${ipc('command')}
message_rate=0
`;
}
