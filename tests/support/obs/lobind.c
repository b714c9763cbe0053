/* A preload that keeps OBS on loopback: obs-websocket can only bind to all addresses, and a test must not be reached
   from outside. gcc -shared -fPIC -O2 -o lobind.so lobind.c -ldl */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

int bind(int fd, const struct sockaddr *address, socklen_t length) {
    static int (*real)(int, const struct sockaddr *, socklen_t);
    if (!real) real = dlsym(RTLD_NEXT, "bind");
    if (address && address->sa_family == AF_INET && length >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in own;
        memcpy(&own, address, sizeof own);
        if (own.sin_addr.s_addr == htonl(INADDR_ANY)) {
            own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            return real(fd, (struct sockaddr *)&own, sizeof own);
        }
    }
    if (address && address->sa_family == AF_INET6 && length >= sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 own;
        memcpy(&own, address, sizeof own);
        if (IN6_IS_ADDR_UNSPECIFIED(&own.sin6_addr)) {
            inet_pton(AF_INET6, "::ffff:127.0.0.1", &own.sin6_addr);
            return real(fd, (struct sockaddr *)&own, sizeof own);
        }
    }
    return real(fd, address, length);
}
