import type { Sentence } from '../sales/domain/refusal.js';

interface Told {
  readonly title: string;
  readonly code: string;
  readonly message: Sentence;
}

/** What came can't be read, and no status tells more. */
export const NOT_READ: Told = {
  title: 'Malformed request',
  code: 'malformed',
  message: { en: 'The request can not be read.', zh: '请求无法解析。' },
};

/** What is told of each status by which the rules of HTTP itself refuse. */
export const UNREADABLE: Readonly<Record<number, Told>> = {
  404: {
    title: 'No such address',
    code: 'no-such-route',
    message: { en: 'There is nothing at this address.', zh: '地址不存在。' },
  },
  405: {
    title: 'Method not allowed',
    code: 'method-not-allowed',
    message: { en: 'This address takes other methods: see Allow.', zh: '该地址不支持此请求方法。' },
  },
  408: {
    title: 'Too slow',
    code: 'too-slow',
    message: { en: 'The request did not arrive in time.', zh: '请求接收超时。' },
  },
  413: {
    title: 'Too large',
    code: 'too-large',
    message: { en: 'The body is too large.', zh: '请求内容过大。' },
  },
  415: {
    title: 'Wrong content type',
    code: 'media-type',
    message: {
      en: 'The body has to be JSON in UTF-8, not packed, sent as application/json; lines of a bulk as application/x-ndjson.',
      zh: '请求内容须为 UTF-8 编码且未压缩的 JSON，类型为 application/json；批量逐行数据为 application/x-ndjson。',
    },
  },
  417: {
    title: 'Expectation failed',
    code: 'expectation-failed',
    message: {
      en: 'Nothing can be expected here but 100-continue.',
      zh: '此处仅支持 Expect: 100-continue。',
    },
  },
  431: {
    title: 'Headers too large',
    code: 'too-large',
    message: {
      en: 'The address and the headers together are too large.',
      zh: '请求地址和请求头过大。',
    },
  },
};
