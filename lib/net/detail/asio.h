// Asio with the types that lib/net uses. Included by lib/net's sources only.
#pragma once

#include <utility>  // Boost 1.74's coroutine headers use std::exchange without including it

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace faasbatch::net {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;
using Context = asio::io_context;

// The concrete executor: the type-erased default costs an indirect call and a reference count per operation.
using Executor = Context::executor_type;
using Socket = asio::basic_stream_socket<asio::generic::stream_protocol, Executor>;

template <class T = void>
using Awaitable = asio::awaitable<T, Executor>;
inline constexpr asio::use_awaitable_t<Executor> kAwait;

}  // namespace faasbatch::net
