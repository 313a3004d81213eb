// What the gateway hands to the three functions, and what it expects of Register.

export interface RegisterEvent {
  requestContext: {
    serviceName: string;
    serviceId: string;
    path: string;
    httpMethod: string;
    requestId: string;
    identity: { secretId?: string };
    sourceIp: string;
    stage: string;
    websocketEnable: boolean;
  };
  websocket: {
    action: 'connecting';
    secConnectionID: string;
    secWebSocketProtocol?: string;
    secWebSocketExtensions?: string;
  };
  queryString?: Record<string, string | true | (string | true)[]>;
}

export interface RegisterAnswer {
  errNo: number;
  errMsg: string;
  websocket?: {
    action: 'connecting';
    secConnectionID: string;
    secWebSocketProtocol?: string;
    secWebSocketExtensions?: string;
  };
}

export interface TransmissionEvent {
  websocket: {
    action: 'data send';
    secConnectionID: string;
    dataType: 'text' | 'binary';
    /** Base64 when it is binary. */
    data: string;
  };
}

export interface DeleteEvent {
  websocket: { action: 'closing'; secConnectionID: string };
}

export interface Context {
  request_id: string;
  function_name: string;
  function_version: string;
  memory_limit_in_mb: number;
  time_limit_in_ms: number;
  namespace: string;
  tencentcloud_region: string;
  getRemainingTimeInMillis(): number;
}
