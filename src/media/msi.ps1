# Message signalled interrupts for graphics cards of NVIDIA, AMD and Intel and for the other
# functions in their slots, sound first of all (WN-09, CD-04). Emulated devices have other vendors
# and are left alone. Works from the next start of the device on.
$found = foreach ($key in Get-Item -Path 'HKLM:\SYSTEM\CurrentControlSet\Enum\PCI\VEN_*\*') {
	if ($key.GetValue('LocationInformation') -notmatch '\((\d+),(\d+),(\d+)\)$') { continue }
	[pscustomobject]@{
		Key = $key
		Slot = "$($Matches[1]):$($Matches[2])"
		Display = ($key.GetValue('CompatibleIDs') -match 'CC_03').Count -gt 0
		Vendor = ($key.PSParentPath -split '\\')[-1].Substring(0, 8)
	}
}
$real = $found | Where-Object { $_.Vendor -in 'VEN_10DE', 'VEN_1002', 'VEN_8086' }
$slots = ($real | Where-Object Display).Slot
foreach ($function in $real | Where-Object { $_.Slot -in $slots }) {
	$path = Join-Path $function.Key.PSPath `
		'Device Parameters\Interrupt Management\MessageSignaledInterruptProperties'
	if (-not (Test-Path -LiteralPath $path)) { New-Item -Force -Path $path | Out-Null }
	New-ItemProperty -Force -Path $path -Name MSISupported -PropertyType DWord -Value 1 | Out-Null
}
