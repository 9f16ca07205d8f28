//! An MCP server that does next to nothing: canned answers with the id of the request.

use std::io::Write as _;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The canned results, each the text after the id.
struct Canned {
    call: String,
    list: String,
}

/// Serves at a free port, printed on standard output, until the process ends.
pub(crate) fn serve_forever() -> Result<(), String> {
    let canned: &'static Canned = Box::leak(Box::new(canned()));
    let serve = async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        writeln!(std::io::stdout(), "{}", listener.local_addr()?)?;
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(connection(stream, canned));
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let ended: std::io::Result<()> = runtime.and_then(|runtime| runtime.block_on(serve));
    ended.map_err(|error| format!("the MCP server: {error}"))
}

/// A call answers 2 KB; the list has 100 tools in some 40 KB, every other one a `get_…`.
fn canned() -> Canned {
    let call = json!({
        "resultType": "complete",
        "content": [{"type": "text", "text": "x".repeat(1_900)}],
        "isError": false,
    });
    let tools = (0..100).map(|number| {
        let name = match number % 2 {
            0 => format!("get_record_{:02}", number / 2),
            _ => format!("del_record_{:02}", number / 2),
        };
        json!({
            "name": name,
            "title": format!("Records of kind {number}"),
            "description": "Looks up the records that match the query and answers with them, the \
                best ones first, one page at a time.",
            "inputSchema": {
                "type": "object",
                "properties": {
                    "id": {"type": "integer", "minimum": 1},
                    "query": {"type": "string", "description": "What to look for"},
                    "cursor": {"type": "string"},
                },
                "required": ["query"],
            },
            "annotations": {"readOnlyHint": number % 2 == 0},
        })
    });
    let list = json!({
        "resultType": "complete",
        "tools": tools.collect::<Vec<_>>(),
        "ttlMs": 60_000,
        "cacheScope": "private",
    });
    Canned {
        call: call.to_string(),
        list: list.to_string(),
    }
}

async fn connection(mut stream: TcpStream, canned: &'static Canned) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(64 << 10);
    let mut answer = Vec::with_capacity(64 << 10);
    loop {
        buffer.clear();
        let body = loop {
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
            if let Some(body) = body(&buffer) {
                break body;
            }
        };
        let result = match contains(body, b"\"tools/list\"") {
            true => &canned.list,
            false => &canned.call,
        };
        let id = id(body).unwrap_or("null");
        answer.clear();
        let length = r#"{"jsonrpc":"2.0","id":,"result":}"#.len() + id.len() + result.len();
        write!(
            answer,
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n\
             {{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{result}}}"
        )?;
        stream.write_all(&answer).await?;
    }
}

/// The body of a request that is complete.
fn body(request: &[u8]) -> Option<&[u8]> {
    let end = request
        .windows(4)
        .position(|window| window == b"\r\n\r\n")?;
    let (head, body) = request.split_at_checked(end + 4)?;
    let head = std::str::from_utf8(head).ok()?;
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length?.parse().ok()?;
    body.get(..length)
}

/// The id, a number, where the bench puts it.
fn id(body: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(body).ok()?;
    let rest = text.strip_prefix(r#"{"jsonrpc":"2.0","id":"#)?;
    let end = rest.find(|character: char| !character.is_ascii_digit())?;
    rest.get(..end)
}

fn contains(text: &[u8], what: &[u8]) -> bool {
    text.windows(what.len()).any(|window| window == what)
}
