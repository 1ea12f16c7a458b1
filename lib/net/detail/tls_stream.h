// TLS on a connection, as sessions and client connections see it. For lib/net's own sources. OpenSSL is
// behind virtual functions, so that a program that serves no TLS neither links nor loads it.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "lib/base/time.h"
#include "lib/net/endpoint.h"
#include "lib/net/out_buffer.h"
#include "lib/net/tls.h"

namespace faasbatch::net {

// On a non-blocking socket that others own, close and wait for. Bytes leave at once by send(); what the
// kernel does not take is tried again when the socket is writable. Holds no buffers while nothing is under
// way. Loop thread only.
class TlsStream {
 public:
  enum class Status {
    kDone,
    kWantRead,   // once the socket is readable again: awaited(), then the same call
    kWantWrite,  // likewise
    kEnd,        // the peer has said that nothing follows
    kCut,        // the connection has ended without that
    kFailed,     // for good: reason()
  };
  virtual ~TlsStream() = default;

  virtual Status handshake() = 0;
  // kDone: `bytes` have been read, at least one.
  virtual Status read(std::span<char> room, std::size_t& bytes) = 0;
  virtual OutBuffer::Sent send(OutBuffer& out) = 0;
  // Tells the peer that nothing follows: kDone, kWantWrite or kFailed. Nothing after the first time.
  virtual Status end() = 0;

  virtual void awaited() = 0;            // the socket may have bytes again
  virtual bool hasBegun() const = 0;     // the peer has sent something
  virtual bool hasUnread() const = 0;    // inside, beside what the kernel has
  virtual bool isPlainHttp() const = 0;  // why a server's handshake has failed
  // Whether it is our certificate, or its want, that the peer did not take: it has acted on nothing we sent.
  virtual bool isRefused() const = 0;
  virtual const std::string& reason() const = 0;
  // The peer's certificate; nullptr where it has shown none. Fails where it names nobody that can be named.
  virtual base::Result<std::shared_ptr<const PeerCertificate>> peer() const = 0;
  // When that certificate ends; never() without one. A resumed session has the certificate that it began
  // with, which may have ended since.
  virtual base::Instant peerEnd() const = 0;
};

// Every TlsServerContext is one of these.
class TlsAcceptor : public TlsServerContext {
 public:
  static TlsAcceptor& of(TlsServerContext& context) { return static_cast<TlsAcceptor&>(context); }
  virtual std::unique_ptr<TlsStream> accept(int socket) = 0;  // nullptr: no memory
};

// Connections of one client to one endpoint. Keeps the session that the next one resumes. Loop thread only;
// outlives its streams.
class TlsDialer {
 public:
  virtual ~TlsDialer() = default;
  virtual std::unique_ptr<TlsStream> dial(int socket) = 0;  // nullptr: no memory
};

// Every TlsClientContext is one of these.
class TlsConnector : public TlsClientContext {
 public:
  static TlsConnector& of(TlsClientContext& context) { return static_cast<TlsConnector&>(context); }
  virtual std::unique_ptr<TlsDialer> dialer(const Endpoint& endpoint) = 0;  // which the context must outlive
};

}  // namespace faasbatch::net
