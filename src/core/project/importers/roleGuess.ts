/** Which role a function plays, from what it is called and what its code names. Pure. */
import { roles } from '../../../protocol/project';
import type { Role } from '../../../protocol/project';
import type { DetectedFunction, DetectedProject, RoleQuestion } from './detected';

const hints: readonly [Role, RegExp][] = [
  // In this order: "disconnect" and "unregister" are no beginnings.
  [
    'cleanup',
    /delete|clean|disconnect|unregist|close|closing|leave|offline|destroy|\b(del|bye|exit|quit)\b|断开|断连|删除|清理|注销|下线|离线|关闭|离开|退出/,
  ],
  [
    'register',
    /regist|connect|open|join|online|login|\b(reg|conn|enter)\b|注册|连接|建连|上线|接入|加入|登录/,
  ],
  [
    'transfer',
    /trans|message|msg|send|data|default|recv|receive|forward|\bonmsg\b|传输|传送|消息|发送|转发|数据|接收|收发|推送/,
  ],
];

/** The role that a word suggests: `ws_connect`, `onClose`, `reg`, `断开连接`. */
export function roleOfWord(word: string): Role | undefined {
  // Words apart, so that `reg` is found in `ws-reg` and `wsReg`, and not in `region`.
  const words = word
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[_\W]+/gu, (gap) => (/^[^\x00-\x7f]+$/.test(gap) ? gap : ' '));
  const text = words.toLowerCase();
  return hints.find(
    ([, pattern]) => pattern.test(text) || pattern.test(text.replace(/ /g, '')),
  )?.[0];
}

/** The role that a function's name suggests, else its handler's, its folder's, its file's. */
export function guessRole({ name, handler, folder }: DetectedFunction): Role | undefined {
  const dot = handler?.lastIndexOf('.') ?? -1;
  const entry = handler?.slice(dot + 1) ?? '';
  const file =
    handler === undefined || dot < 0 ? '' : (handler.slice(0, dot).split('/').at(-1) ?? '');
  for (const word of [name, entry, folder.split('/').at(-1) ?? '', file]) {
    const role = roleOfWord(word);
    if (role !== undefined) {
      return role;
    }
  }
  return undefined;
}

/**
 * What has to be asked when the files do not assign the roles. A wrong Register refuses every client, so a function
 * is never guessed to play a role only because there is no other.
 */
export function roleQuestions(
  functions: readonly DetectedFunction[],
  known: DetectedProject['roles'],
): RoleQuestion[] {
  const candidates = functions.map((each) => each.name);
  const able = functions.filter((each) => each.http !== true || (each.speaks?.length ?? 0) > 0);
  const byName = (role: Role) => able.find((each) => guessRole(each) === role);
  const [only, ...others] = able;
  const lone = others.length === 0 ? only : undefined;
  // A Register names "connecting" in its answer: only code that knows the end, too, tells the events apart.
  const isOther = (role: Role) => {
    const named = lone && guessRole(lone);
    return named !== undefined && named !== role && lone?.speaks?.includes('cleanup') !== true;
  };
  return roles
    .filter((role) => known[role] === undefined)
    .map((role) => {
      const found =
        byName(role) ??
        (lone?.speaks?.includes(role) === true && !isOther(role) ? lone : undefined);
      return { role, candidates, guess: found?.name ?? null };
    });
}
