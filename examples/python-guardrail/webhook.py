"""The same by HTTP, without packages: `WEBHOOK_SECRET=... python webhook.py 8089`."""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = os.environ["WEBHOOK_SECRET"].encode()


class Webhook(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        sent, at = self.headers["webhook-id"], self.headers["webhook-timestamp"]
        signed = f"{sent}.{at}.".encode() + body
        mac = base64.b64encode(hmac.digest(SECRET, signed, hashlib.sha256)).decode()
        is_genuine = hmac.compare_digest(f"v1,{mac}", self.headers.get("webhook-signature", ""))
        if not is_genuine or abs(time.time() - int(at)) > 300:
            return self.send_error(401)
        text = json.loads(body)["payloadJson"]
        blocked = {"decision": "DECISION_BLOCK", "message": "No passwords, please."}
        answer = blocked if "password" in text else {"decision": "DECISION_ALLOW"}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Webhook).serve_forever()
