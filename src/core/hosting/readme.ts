/** What stands in the exported folder for whoever uploads it, in both languages. */
import type { HostFile } from './hostFile';
import type { HostLanguage } from './images';

interface About {
  host: HostFile;
  language: HostLanguage;
  runtime: string;
}

/** Seconds that the platform allows as idle limit (documented). */
const idle = { least: 10, most: 7200 };

/** What to set in the console as the WebSocket idle timeout: not less than the host's own limit. */
export function idleToSet({ backendTimeout }: HostFile): number {
  return Math.min(Math.max(backendTimeout + 5, idle.least), idle.most);
}

/** MB: all functions live in one instance, beside the host. */
export function memoryToSet({ functions }: HostFile, language: HostLanguage): number {
  const host = language === 'node' ? 128 : 64;
  const sum = functions.reduce((total, { memory }) => total + memory, host);
  return Math.min(Math.ceil(sum / 128) * 128, 3072);
}

export function readme(spoken: 'en' | 'zh', about: About): string {
  return `${(spoken === 'en' ? english : chinese)(about).join('\n')}\n`;
}

export const install =
  'python3 -m pip install --target lib --implementation py --abi none --platform any --only-binary=:all: --no-deps -r requirements.txt';

function english({ host, language, runtime }: About): string[] {
  return [
    `# ${host.name} as a Web function`,
    '',
    'Hosts the functions of a three-function WebSocket API, unmodified, in a Web function with WebSocket. Nothing of this',
    'has been tried in the cloud: try it with an account of your own before you rely on it.',
    '',
    ...(language === 'python'
      ? ['1. Install what the host needs, into this folder:', '', `   \`${install}\``, '']
      : []),
    `${language === 'python' ? 2 : 1}. Pack the contents of this folder, with its modes: \`zip -r ../web-function.zip .\``,
    `${language === 'python' ? 3 : 2}. Create a Web function: runtime ${runtime}, memory ${memoryToSet(host, language)} MB (all functions and the host share it),`,
    `   WebSocket on (it cannot be taken off again), idle timeout ${idleToSet(host)} s or more, execution timeout at least that: it`,
    '   is also the longest life of a connection.',
    `${language === 'python' ? 4 : 3}. Give it a function URL and connect to \`wss://<host>${host.path}\`.`,
    '',
    'Environment variables: `REDIS_URL` (pushes reach connections of other instances; without it those of the same instance',
    'only), `SCFWS_INSTANCES` (processes for each function, for an instance that serves several connections).',
    '',
    'Right with one connection for each instance and with 2–100. Whoever pushes must be one of the functions: the push',
    'address is inside the instance.',
  ];
}

function chinese({ host, language, runtime }: About): string[] {
  return [
    `# 以 Web 函数运行 ${host.name}`,
    '',
    '在支持 WebSocket 的 Web 函数中托管三函数 WebSocket API 的函数，代码不作修改。这里的一切都没有在云上试过：',
    '依赖它之前，请先用自己的账号验证。',
    '',
    ...(language === 'python'
      ? ['1. 将托管程序需要的库安装到本文件夹：', '', `   \`${install}\``, '']
      : []),
    `${language === 'python' ? 2 : 1}. 打包本文件夹的内容，保留文件权限：\`zip -r ../web-function.zip .\``,
    `${language === 'python' ? 3 : 2}. 创建 Web 函数：运行环境 ${runtime}，内存 ${memoryToSet(host, language)} MB（所有函数与托管程序共用），`,
    `   打开 WebSocket（之后不能关闭），空闲超时不少于 ${idleToSet(host)} 秒，执行超时不少于空闲超时：它也是连接的最长寿命。`,
    `${language === 'python' ? 4 : 3}. 为它开通函数 URL，连接 \`wss://<host>${host.path}\`。`,
    '',
    '环境变量：`REDIS_URL`（推送可到达其他实例的连接；不设置则只到达同一实例的连接）、`SCFWS_INSTANCES`（一个实例服务',
    '多个连接时，每个函数的进程数）。',
    '',
    '每实例一个连接与每实例 2–100 个连接均可。推送只能由这些函数发出：推送地址在实例内部。',
  ];
}
