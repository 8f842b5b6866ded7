# Runs once, at the first logon of a Windows that was installed with hotseat's answers.
# What it did is in C:\hotseat-setup.log.
$ErrorActionPreference = 'Continue'
Start-Transcript -Path "$env:SystemDrive\hotseat-setup.log"

# Drivers, guest agent and SPICE agent, from whatever drive has virtio-win's installers.
$installers = @(
	@('virtio-win-guest-tools.exe', $null, '/install /quiet /norestart'),
	@('virtio-win-gt-x64.msi', 'msiexec.exe', '/i "{0}" /qn /norestart'),
	@('guest-agent\qemu-ga-x86_64.msi', 'msiexec.exe', '/i "{0}" /qn /norestart')
)
$drives = (Get-PSDrive -PSProvider FileSystem).Root
foreach ($installer in $installers) {
	$file = $drives | ForEach-Object { Join-Path $_ $installer[0] } |
		Where-Object { Test-Path -LiteralPath $_ } | Select-Object -First 1
	if (-not $file) { continue }
	$program = if ($installer[1]) { $installer[1] } else { $file }
	$done = Start-Process -FilePath $program -ArgumentList ($installer[2] -f $file) -Wait -PassThru
	Write-Output "${file}: $($done.ExitCode)"
	if (-not $installer[1]) { break }	# it brings the other two along
}

# "Shut down" must not hibernate: a card that was lent is in another state afterwards, and a
# snapshot would hold a hibernated system (WN-07).
powercfg /hibernate off
Set-ItemProperty -Path 'HKLM:\SYSTEM\CurrentControlSet\Control\Session Manager\Power' `
	-Name HiberbootEnabled -Type DWord -Value 0

# High performance, no sleep, no power saving on PCIe and USB (WN-08). The plan is hidden on some
# machines and can be set all the same.
powercfg /setactive 8c5e7fda-e8bf-4a96-9a85-a6e23a8c635c
foreach ($timeout in 'standby-timeout-ac', 'standby-timeout-dc', 'hibernate-timeout-ac') {
	powercfg /change $timeout 0
}
powercfg /setacvalueindex SCHEME_CURRENT SUB_PCIEXPRESS ASPM 0
powercfg /setacvalueindex SCHEME_CURRENT 2a737441-1930-4402-8d77-b2bebba308a3 `
	48e6b7a6-50f5-4782-a5d4-53bb8f07e226 0
powercfg /setactive SCHEME_CURRENT

# Message signalled interrupts for the card, now and after every driver that is installed later.
$folder = "$env:ProgramData\Hotseat"
New-Item -ItemType Directory -Force -Path $folder | Out-Null
Copy-Item -LiteralPath (Join-Path $PSScriptRoot 'msi.ps1') -Destination $folder
& "$folder\msi.ps1"
$action = New-ScheduledTaskAction -Execute 'powershell.exe' `
	-Argument "-NoProfile -ExecutionPolicy Bypass -File `"$folder\msi.ps1`""
Register-ScheduledTask -Force -TaskName 'Hotseat MSI' -User 'SYSTEM' -RunLevel Highest `
	-Action $action -Trigger (New-ScheduledTaskTrigger -AtStartup) | Out-Null

# Setup keeps the answers, and with them the password (WN-01).
Remove-Item -Force -ErrorAction SilentlyContinue -Path `
	"$env:WINDIR\Panther\unattend.xml", "$env:WINDIR\Panther\Unattend\unattend.xml", `
	"$env:WINDIR\System32\Sysprep\unattend.xml"
Stop-Transcript
