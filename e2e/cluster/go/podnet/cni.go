package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
)

const cniDirectory = "/etc/cni/net.d"

type object = map[string]any

// cniConfiguration gives each pod a veth pair to the host and an address of the node's subnet, and host ports. The addresses
// in use are noted in /run, which a node forgets when it starts again, as it forgets its pods.
func cniConfiguration(podCIDR string) ([]byte, error) {
	return json.MarshalIndent(object{
		"cniVersion": "0.4.0",
		"name":       "podnet",
		"plugins": []object{
			{
				"type":   "ptp",
				"ipMasq": false,
				"ipam": object{
					"type":    "host-local",
					"dataDir": "/run/podnet",
					"ranges":  [][]object{{{"subnet": podCIDR}}},
					"routes":  []object{{"dst": "0.0.0.0/0"}},
				},
			},
			{"type": "portmap", "capabilities": object{"portMappings": true}},
		},
	}, "", "  ")
}

// writeCNI makes the node ready for pods: the container runtime watches the directory. Written whole or not at all.
func writeCNI(podCIDR string) error {
	wanted, err := cniConfiguration(podCIDR)
	if err != nil {
		return err
	}
	file := filepath.Join(cniDirectory, "10-podnet.conflist")
	if present, err := os.ReadFile(file); err == nil && bytes.Equal(present, wanted) {
		return nil
	}
	temporary := filepath.Join(cniDirectory, ".podnet") // no name the runtime looks at
	if err := os.WriteFile(temporary, wanted, 0o644); err != nil {
		return err
	}
	return os.Rename(temporary, file)
}
