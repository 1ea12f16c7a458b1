package main

import (
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/vishvananda/netlink"
)

// setRoute sends what is for the pods of `podCIDR` to the node with the address `via`. Safe to repeat.
func setRoute(podCIDR, via string) error {
	_, destination, err := net.ParseCIDR(podCIDR)
	if err != nil {
		return err
	}
	gateway := net.ParseIP(via)
	if gateway == nil {
		return fmt.Errorf("address %q is no IP address", via)
	}
	return netlink.RouteReplace(&netlink.Route{Dst: destination, Gw: gateway})
}

// removeRoute forgets the pods of a node that is gone. Safe to repeat.
func removeRoute(podCIDR string) error {
	_, destination, err := net.ParseCIDR(podCIDR)
	if err != nil {
		return err
	}
	err = netlink.RouteDel(&netlink.Route{Dst: destination})
	if errors.Is(err, syscall.ESRCH) {
		return nil
	}
	return err
}
