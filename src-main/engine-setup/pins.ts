/** A file of a package index. pip selects exactly this file with any version of Python. */
export interface WheelPin {
  readonly package: string;
  readonly version: string;
  /** pip's platform tag. */
  readonly platform: string;
  readonly sha256: string;
  /** Approximate size, for progress and for the check of free space. */
  readonly sizeBytes: number;
}

export const tensorFlowVersion = '2.21.0';

export type Variant = 'cpu' | 'gpu';

const MB = 1e6;

function tensorFlow(name: string, platform: string, sizeMb: number, sha256: string): WheelPin {
  return { package: name, version: tensorFlowVersion, platform, sha256, sizeBytes: sizeMb * MB };
}

/** The wheels with libtensorflow_cc and its headers, by variant and by Node's `platform-architecture`. */
export const tensorFlowWheels: Record<Variant, Readonly<Partial<Record<string, WheelPin>>>> = {
  cpu: {
    'linux-x64': tensorFlow(
      'tensorflow-cpu',
      'manylinux_2_27_x86_64',
      280,
      '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
    ),
    'linux-arm64': tensorFlow(
      'tensorflow',
      'manylinux_2_27_aarch64',
      280,
      '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
    ),
    'darwin-arm64': tensorFlow(
      'tensorflow',
      'macosx_12_0_arm64',
      250,
      '51f46f4806139d01fc7920cc72a4c75876f80649bf40ff083ab6212ceb43ca88',
    ),
  },
  gpu: {
    'linux-x64': tensorFlow(
      'tensorflow',
      'manylinux_2_27_x86_64',
      650,
      '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
    ),
  },
};

function nvidia(name: string, version: string, platform: string, sizeMb: number, sha256: string): WheelPin {
  return { package: `nvidia-${name}-cu12`, version, platform, sha256, sizeBytes: sizeMb * MB };
}

/** The wheels of TensorFlow's extra `and-cuda`, for linux-x64. */
export const cudaWheels: readonly WheelPin[] = [
  nvidia(
    'cublas',
    '12.9.3.13',
    'manylinux_2_27_x86_64',
    580,
    'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72',
  ),
  nvidia(
    'cuda-cupti',
    '12.8.90',
    'manylinux2014_x86_64',
    10,
    'ea0cb07ebda26bb9b29ba82cda34849e73c166c18162d3913575b0c9db9a6182',
  ),
  nvidia(
    'cuda-nvcc',
    '12.9.86',
    'manylinux2010_x86_64',
    41,
    '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0',
  ),
  nvidia(
    'cuda-nvrtc',
    '12.9.86',
    'manylinux2010_x86_64',
    90,
    '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4',
  ),
  nvidia(
    'cuda-runtime',
    '12.9.79',
    'manylinux2014_x86_64',
    4,
    '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3',
  ),
  nvidia(
    'cudnn',
    '9.28.0.42',
    'manylinux_2_27_x86_64',
    700,
    '9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375',
  ),
  nvidia(
    'cufft',
    '11.4.1.4',
    'manylinux2014_x86_64',
    201,
    'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28',
  ),
  nvidia(
    'curand',
    '10.3.10.19',
    'manylinux_2_27_x86_64',
    68,
    '49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e',
  ),
  nvidia(
    'cusolver',
    '11.7.5.82',
    'manylinux_2_27_x86_64',
    338,
    '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88',
  ),
  nvidia(
    'cusparse',
    '12.5.10.65',
    'manylinux2014_x86_64',
    366,
    '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78',
  ),
  nvidia(
    'nccl',
    '2.32.3',
    'manylinux_2_27_x86_64',
    330,
    'bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c',
  ),
  nvidia(
    'nvjitlink',
    '12.9.86',
    'manylinux2010_x86_64',
    40,
    'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9',
  ),
];

function zig(platform: string, sha256: string): WheelPin {
  return { package: 'ziglang', version: '0.13.0', platform, sha256, sizeBytes: 81 * MB };
}

/** Wheels with a C++ compiler, for machines without one. */
export const compilerWheels: Readonly<Partial<Record<string, WheelPin>>> = {
  'linux-x64': zig('manylinux_2_12_x86_64', '3ce0c9f16547e5d61b32e0d226926e9a2552ef4b91fccf7ab5ea1a623a77824b'),
  'linux-arm64': zig('manylinux_2_17_aarch64', '5714a4d46f9246ba6180a0930e23df2bc8bc26e62b5fe0dc798b4afca1903308'),
  'darwin-arm64': zig('macosx_12_0_arm64', '5408ad3a6cb342fb4e4e2351a3725adfcae82eaadebe85fdbbdad9c0ac8b1e24'),
};

/** Node's name of this platform and architecture: the key of the pins. */
export const platformKey = `${process.platform}-${process.arch}`;
