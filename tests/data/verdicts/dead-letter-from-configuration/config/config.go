package config

import (
	"os"

	"gopkg.in/yaml.v3"
)

type Config struct {
	Topics Topics `yaml:"topics"`
}

type Topics struct {
	Paid           string `yaml:"paid"`
	PaidDeadLetter string `yaml:"paid_dead_letter"`
	Sent           string `yaml:"sent"`
}

func Load(path string) (*Config, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	cfg := &Config{}
	if err := yaml.Unmarshal(raw, cfg); err != nil {
		return nil, err
	}
	return cfg, nil
}
